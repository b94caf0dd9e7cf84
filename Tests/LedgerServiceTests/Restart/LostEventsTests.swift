import EventSourcing
import Foundation
import Logging
import QuotaDomain
import SQLiteEventLog
import Synchronization
import TestSupport
import Testing

@testable import LedgerService

/// A log that is shorter than it was is sound in itself: only what was made from it tells.
@Suite struct LostEventsTests {
    /// Three events in blocks of their own, views and a snapshot up to the last, and the ledger closed.
    private func closedLedger(_ change: (Ledger) throws -> Void = { _ in }) throws -> Ledger {
        let ledger = try Ledger()
        for _ in 1...3 { try ledger.record(SaidCall()) }
        try change(ledger)
        // Has the views filled; they are behind the log otherwise.
        _ = try ledger.service.history(
            HistoryQuestion(
                org: "acme",
                workspace: nil,
                from: ledger.clock.now - .hours(1),
                to: ledger.clock.now,
                bucket: .hour,
                groupBy: [],
                rowsMax: 1
            )
        )
        try ledger.service.shutdown()
        return ledger
    }

    private func cut(_ ledger: Ledger, behind position: Int, snapshots: Bool = true) throws {
        let forget = snapshots ? "DELETE FROM snapshots; " : ""
        _ = try Shell.run(
            "sqlite3 '\(ledger.directory.file("ledger.db"))' '\(forget)DELETE FROM blocks WHERE first > \(position)'"
        )
    }

    private func removeViews(_ ledger: Ledger) throws {
        _ = try Shell.run("rm '\(ledger.directory.path)'/views.db*")
    }

    private func open(_ ledger: Ledger) throws -> Ledger {
        try Ledger(in: ledger.directory, clock: ledger.clock)
    }

    @Test func theViewsKnow() throws {
        let ledger = try closedLedger()
        try cut(ledger, behind: 1)
        let lost = LostEvents(head: LogPosition(1), known: LogPosition(3), witness: "views.db")
        #expect(throws: lost) { try open(ledger) }
        // Asking again gets the same answer: nothing was changed.
        #expect(throws: lost) { try open(ledger) }
        try removeViews(ledger)
        try open(ledger).service.shutdown()
    }

    @Test func aSnapshotKnows() throws {
        let ledger = try closedLedger()
        try removeViews(ledger)
        try cut(ledger, behind: 2, snapshots: false)
        let lost = LostEvents(head: LogPosition(2), known: LogPosition(3), witness: "a snapshot in it")
        #expect(throws: lost) { try open(ledger) }
        #expect(throws: lost) { try open(ledger) }
    }

    @Test(arguments: [true, false]) func aMissingLogIsNotReplacedByANewOne(isEmptied: Bool) throws {
        let ledger = try closedLedger()
        let file = ledger.directory.file("ledger.db")
        _ = try Shell.run("rm '\(file)'*" + (isEmptied ? "; : > '\(file)'" : ""))
        let lost = LostEvents(head: .beforeFirst, known: LogPosition(3), witness: "views.db")
        #expect(throws: lost) { try open(ledger) }
        #expect(PrivateFiles.exists(file) == isEmptied)
        #expect(PrivateFiles.size(file) == 0)
    }

    @Test func backupsKnowThatThereWasALog() throws {
        let ledger = try closedLedger { _ = try $0.service.backup(name: "copy.db") }
        _ = try Shell.run("rm '\(ledger.directory.path)'/*.db*")
        let lost = LostEvents(head: .beforeFirst, known: LogPosition(3), witness: "the backup copy.db")
        #expect(throws: lost) { try open(ledger) }
    }

    @Test func aWriteAheadLogWithoutItsDatabaseIsKept() throws {
        let directory = try TemporaryDirectory()
        try Data("frames".utf8).write(to: URL(fileURLWithPath: directory.file("ledger.db-wal")))
        #expect(throws: EventLogError.self) { try Ledger(in: directory) }
        #expect(try directory.names == ["ledger.db-wal"])
    }

    @Test func theOperatorMayAcceptIt() throws {
        let ledger = try closedLedger()
        try cut(ledger, behind: 1, snapshots: false)
        let accepting = try service(ledger, isShorterLogAccepted: true)
        #expect(accepting.warnings.contains { $0.hasPrefix("accepted: the log ends at position 1, but views.db had") })
        #expect(try accepting.service.log.head().position == LogPosition(1))
        try accepting.service.shutdown()
        // Views and snapshots were made anew: nothing knows more than the log any more.
        try open(ledger).service.shutdown()
    }

    @Test func aBackupThatGoesOnIsMentioned() throws {
        let ledger = try closedLedger { _ = try $0.service.backup(name: "copy.db") }
        try removeViews(ledger)
        try cut(ledger, behind: 2)
        let opened = try service(ledger)
        let hint = "the backup copy.db goes on to position 3, the log ends at 2:"
        #expect(opened.warnings.contains { $0.hasPrefix(hint) })
        try opened.service.shutdown()
    }

    @Test func filesThatOthersCanReadAreNamed() throws {
        let ledger = try closedLedger { _ = try $0.service.backup(name: "copy.db") }
        let (log, copy) = (ledger.directory.file("ledger.db"), ledger.directory.file("backups/copy.db"))
        _ = try Shell.run("chmod 640 '\(log)'; chmod 602 '\(copy)'")
        let opened = try service(ledger)
        let warning = try #require(opened.warnings.first)
        #expect(warning.contains("chmod go-rwx '\(log)'") && warning.hasSuffix(" '\(copy)'"), "\(warning)")
        try opened.service.shutdown()
        _ = try Shell.run("chmod go-rwx '\(log)'* '\(copy)'")
        let mended = try service(ledger)
        #expect(mended.warnings == [])
        try mended.service.shutdown()
    }

    // MARK: Support

    private func service(
        _ ledger: Ledger,
        isShorterLogAccepted: Bool = false
    ) throws -> (service: LedgerService, warnings: [String]) {
        let warnings = KeptMessages()
        let service = try LedgerService.open(
            ServiceConfiguration(
                directory: ledger.directory.path,
                clock: ledger.clock.serviceClock,
                isShorterLogAccepted: isShorterLogAccepted,
                logger: Logger(label: "test") { _ in warnings },
                onFailure: { Issue.record($0) }
            )
        )
        return (service, warnings.warnings)
    }
}
