import EventSourcing
import Foundation
import LedgerService
import Logging
import SQLiteEventLog
import TestSupport

@testable import LedgerServiceTests

/// The files of a ledger, and what it said.
struct RottingLedger: Sendable {
    /// What a damaged copy of the files gives.
    enum Finding: Hashable {
        /// It does not open, or does not verify.
        case detected
        case harmless
        /// The end of the log is not there, as if power had been lost before it was written.
        case shortened
        case differs(String)
    }

    /// Without views.db, which can be made anew at any time: nothing vouches for its rows.
    static let files = ["ledger.db", "ledger.db-wal", "views.db-wal", "backups/copy"]

    /// The files as they were while it ran, with the newest in the WALs, and after it had stopped.
    private let running: TemporaryDirectory
    private let stopped: TemporaryDirectory
    private let clock = ManualClock()
    private let lines: [String]
    private let backedUp: LogHead
    private let answers: Answers

    init(seed: UInt64) throws {
        let source = try TemporaryDirectory()
        var client = RandomClient(random: SeededRandom(seed: seed))
        let ledger = try Ledger(in: source, clock: clock)
        for _ in 1...5 {
            try client.play(12, on: ledger)
            clock.advance(.hours(9))
        }
        _ = try ledger.service.compact(dryRun: false, keepEvents: 40, retainDays: nil)
        _ = try ledger.service.takeSnapshot()
        backedUp = try ledger.service.backup(name: "copy").head
        try client.play(20, on: ledger)
        try ledger.settle()
        lines = try ledger.lines()
        answers = try RottingLedger.answers(of: ledger)
        running = try RottingLedger.copy(of: source)
        try ledger.service.shutdown()
        stopped = try RottingLedger.copy(of: source)
    }

    private static func copy(of directory: TemporaryDirectory) throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: copy.file("backups"), withIntermediateDirectories: false)
        for file in files + ["views.db"] where FileManager.default.fileExists(atPath: directory.file(file)) {
            try FileManager.default.copyItem(atPath: directory.file(file), toPath: copy.file(file))
        }
        return copy
    }

    /// Changes one bit of one file, or cuts it off, and looks.
    func finding(in file: String, using random: inout SeededRandom) throws -> Finding {
        let copy = try RottingLedger.copy(of: file.hasSuffix("-wal") ? running : stopped)
        try RottingLedger.damage(URL(fileURLWithPath: copy.file(file)), using: &random)
        do {
            return file.hasPrefix("backups") ? try findingInBackup(copy.file(file)) : try finding(inLedger: copy)
        } catch {
            return .detected
        }
    }

    private static func damage(_ file: URL, using random: inout SeededRandom) throws {
        var bytes = try Data(contentsOf: file)
        if Int.random(in: 0..<5, using: &random) == 0 {
            bytes.removeLast(.random(in: 1...bytes.count, using: &random))
        } else {
            // Most of a page that is not full is zeros, which nobody reads.
            var index = Int.random(in: bytes.indices, using: &random)
            while bytes[index] == 0 { index = Int.random(in: bytes.indices, using: &random) }
            bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        try bytes.write(to: file)
    }

    private func findingInBackup(_ path: String) throws -> Finding {
        let head = try SQLiteEventLog.openReadOnly(file: path).verify().head
        return head == backedUp ? .harmless : .differs("the backup ends at \(head.position)")
    }

    private func finding(inLedger copy: TemporaryDirectory) throws -> Finding {
        let found = try RottingLedger.lines(in: copy.path)
        guard found == lines else { return lines.starts(with: found) ? .shortened : .differs("the events") }
        let ledger = try Ledger(in: copy, clock: clock) { configuration in
            configuration.isScrubbingAtStart = false
            configuration.logger = Logger(label: "faults") { _ in SwiftLogNoOpLogHandler() }
        }
        defer { try? ledger.service.shutdown() }
        _ = try ledger.service.verifyLog()
        guard try ledger.service.verifyProjections().isEqual else { return .differs("the states") }
        return try RottingLedger.answers(of: ledger) == answers ? .harmless : .differs("the answers")
    }

    /// Before a service goes on with the log: time may have events for it at once.
    private static func lines(in directory: String) throws -> [String] {
        let log = try SQLiteEventLog.open(directory: directory)
        defer { try? log.close() }
        return try log.blocks(from: log.firstHeld()).flatMap(\.lines)
    }

    private static func answers(of ledger: Ledger) throws -> Answers {
        let now = ledger.clock.now
        return try Answers(ledger, at: [now, now - .hours(20)], from: now - .days(60), to: now)
    }
}
