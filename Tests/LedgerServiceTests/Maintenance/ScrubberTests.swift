import EventSourcing
import Foundation
import SQLiteEventLog
import TestSupport
import Testing

@testable import LedgerService

/// Damage that a start does not come across is found soon after.
@Suite struct ScrubberTests {
    @Test func damageBelowTheSnapshotStopsTheService() throws {
        // Its answers rest on the snapshot, so the start itself succeeds.
        let directory = try damagedDirectory()
        let ledger = try Ledger(in: directory)
        #expect(try ledger.failure.get().hasPrefix("damaged(at: 1, "))
        #expect(try ledger.record(SaidCall()).failure?.mayBeDone == false)
        try ledger.service.shutdown()
        #expect(ledger.failure.count == 1)
    }

    @Test func aSoundLogIsLeftAlone() throws {
        let ledger = try Ledger()
        for _ in 0..<5 { try ledger.record(SaidCall()) }
        let damage = Expected<String>()
        let scrubber = scrubber(of: ledger.service.log, RunningTasks(), damage)
        scrubber.start()
        scrubber.finish()
        #expect(damage.count == 0)
        try ledger.service.shutdown()
    }

    @Test func aCancelledCheckEndsWithoutLooking() throws {
        let directory = try damagedDirectory()
        let log = try SQLiteEventLog.open(directory: directory.path)
        let damage = Expected<String>()
        for isCancelled in [true, false] {
            let tasks = RunningTasks()
            let scrubber = scrubber(of: log, tasks, damage)
            if isCancelled { tasks.stop() }
            scrubber.start()
            scrubber.finish()
            #expect(damage.count == (isCancelled ? 0 : 1))
        }
        try log.close()
    }

    @Test func onlyTheFirstFailureIsPassedOn() throws {
        let failure = Expected<String>()
        let relay = FailureRelay()
        relay.connect { failure.give("\($0)") }
        relay.pass(ServiceError.stopping)
        relay.pass(ServiceError.busy("later"))
        #expect(try failure.get() == "\(ServiceError.stopping)" && failure.count == 1)
    }

    // MARK: Parts

    private func scrubber(
        of log: SQLiteEventLog,
        _ tasks: RunningTasks,
        _ damage: Expected<String>
    ) -> Scrubber {
        let logger = ServiceConfiguration(directory: "", onFailure: { _ in }).logger
        return Scrubber(log: log, tasks: tasks, logger: logger) { damage.give("\($0)") }
    }

    /// Of a stopped ledger with a byte of its first event changed, and a snapshot behind it.
    private func damagedDirectory() throws -> TemporaryDirectory {
        let ledger = try Ledger()
        for _ in 0..<3 { try ledger.record(SaidCall()) }
        try ledger.service.shutdown()
        _ = try Shell.run(
            """
            sqlite3 \(ledger.directory.file("ledger.db")) "UPDATE blocks SET \
            body = CAST(replace(CAST(body AS TEXT), 'inbox', 'inbux') AS BLOB) WHERE first = 1"
            """
        )
        return ledger.directory
    }
}
