import EventSourcing
import LedgerService
import SQLiteEventLog
import TestSupport

@testable import LedgerServiceTests

/// All that a ledger does, once, on a disk that may fail.
struct ScriptedRun {
    private(set) var witness = Witness()
    /// What the ledger did and may not do.
    private(set) var complaints: [String] = []
    private var hasFailed = false

    mutating func play(on disk: FaultyDisk, clock: ManualClock) {
        do {
            var ledger = try FaultyLedger(on: disk, clock: clock)
            for _ in 1...3 { try record(on: &ledger) }
            attempt("a snapshot") { _ = try ledger.service.takeSnapshot() }
            try record(on: &ledger)
            attempt("a compaction") {
                _ = try ledger.service.compact(dryRun: false, keepEvents: 2, retainDays: nil)
            }
            try record(on: &ledger)
            attempt("a backup") { try ledger.backUp() }
            attempt("a checkpoint") { try ledger.service.log.checkpoint() }
            try record(on: &ledger)
            attempt("a rebuild") { _ = try ledger.service.rebuildProjections() }
            try record(on: &ledger)
            attempt("the end") { try ledger.stop() }
            witness = ledger.witness
        } catch {
            // It did not open, and says why.
            requireReason(of: error, from: "the start")
        }
    }

    static func call() throws -> Requests {
        var requests = Requests()
        try requests.record([SaidCall(), SaidCall("acme", "sales")])
        return requests
    }

    /// Once an answer stays away, none comes any more, and the reason was given.
    private mutating func record(on ledger: inout FaultyLedger) throws {
        let isRecorded = try ledger.submit(ScriptedRun.call())?.first?.receipt != nil
        if hasFailed && isRecorded { complaints.append("a call was recorded after the log failed") }
        guard !isRecorded && !hasFailed else { return }
        hasFailed = true
        let reason = try ledger.ledger.failure.get()
        if !ScriptedRun.names(reason) { complaints.append("the log gives no reason: \(reason)") }
    }

    private mutating func attempt(_ step: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            requireReason(of: error, from: step)
        }
    }

    private mutating func requireReason(of error: any Error, from step: String) {
        let reason = "\(error)"
        // Whose log has failed stops, and need not give a reason again.
        guard !ScriptedRun.names(reason), !hasFailed else { return }
        complaints.append("\(step) gives no reason: \(reason)")
    }

    /// Whether an operator learns what is the matter: the disk, and not what is stored on it.
    static func names(_ reason: String) -> Bool {
        let isDamage = ["damaged", "malformed", "no SQLite database"].contains { reason.contains($0) }
        return !isDamage
            && [
                "the disk failed: ", "Input/output error", "No space left", "disk is full", "unable to open",
                // SQLite opens for reading what it cannot open for writing.
                "readonly database",
            ].contains { reason.contains($0) }
    }
}
