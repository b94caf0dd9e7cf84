import EventSourcing
import Foundation
import LedgerService
import LineJSON
import SQLiteEventLog

/// `ledgerline verify --data`: reads a ledger's files without a server, takes no lock and writes nothing.
struct OfflineVerification {
    let directory: String
    let logOnly: Bool

    func run(asJSON: Bool) throws {
        guard FileManager.default.fileExists(atPath: "\(directory)/ledger.db") else {
            throw CommandFailure(.dataDirectory, "there is no ledger in \(directory)")
        }
        let log = try SQLiteEventLog.open(directory: directory, options: SQLiteEventLog.Options(readOnly: true))
        let report = try verifyLog(log)
        show(report, asJSON: asJSON)
        guard !logOnly else { return }
        let states = try verifyState(log, upTo: report.head.position)
        show(states, asJSON: asJSON)
        guard states.isEqual else {
            throw CommandFailure(.verification, "snapshot and replay do not give the same state")
        }
    }

    private func verifyLog(_ log: SQLiteEventLog) throws -> VerificationReport {
        var bar = ProgressBar("verify", unit: "events")
        defer { bar.finish() }
        return try log.verify(progress: { done, total in bar.show(Int64(done), of: Int64(total)) })
    }

    private func verifyState(_ log: SQLiteEventLog, upTo end: LogPosition) throws -> States {
        var bar = ProgressBar("replay", unit: "events")
        defer { bar.finish() }
        let replay = try ProjectionCheck.replayed(log, upTo: end) { position, end in
            bar.show(position.ordinal, of: end.ordinal)
        }
        return States(position: end, replay: replay, snapshot: try ProjectionCheck.snapshotAndTail(log, upTo: end))
    }

    /// State hashes at one position.
    private struct States {
        var position: LogPosition
        var replay: String
        var snapshot: (position: LogPosition, hash: String)?

        var isEqual: Bool { snapshot.map { $0.hash == replay } ?? true }
    }

    // MARK: Showing

    private func printJSON(_ members: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.object(members)
        Terminal.output.writeLine(String(decoding: writer.bytes, as: UTF8.self))
    }

    private func show(_ report: VerificationReport, asJSON: Bool) {
        guard !asJSON else {
            return printJSON { result in
                result.member("events", report.events)
                result.member("blocks", report.blocks)
                result.member("first_held", report.firstHeld.ordinal)
                result.object("head") { head in
                    head.member("position", report.head.position.ordinal)
                    head.member("hash", report.head.hash)
                }
            }
        }
        Terminal.output.writeLine(
            "log        ok: \(Numbers.grouped(Int64(report.events))) events in "
                + "\(Numbers.grouped(Int64(report.blocks))) blocks, "
                + "from \(report.firstHeld) to \(report.head.position)"
        )
        Terminal.output.writeLine("           \(report.head.hash)")
    }

    private func show(_ states: States, asJSON: Bool) {
        guard !asJSON else {
            return printJSON { result in
                result.member("position", states.position.ordinal)
                result.member("replay", states.replay)
                result.member("snapshot", states.snapshot?.hash)
                result.member("equal", states.isEqual)
            }
        }
        let compared =
            states.snapshot == nil
            ? "replayed; there is no snapshot to compare with" : "snapshot and replay are equal"
        Terminal.output.writeLine(
            "state      \(states.isEqual ? "ok: \(compared)" : "NOT EQUAL"), at position \(states.position)"
        )
        Terminal.output.writeLine("  replay   \(states.replay)")
        if let snapshot = states.snapshot {
            Terminal.output.writeLine("  snapshot \(snapshot.hash), at position \(snapshot.position)")
        }
    }
}
