import EventSourcing
import Foundation
import LedgerService
import QuotaDomain
import SQLiteEventLog
import TestSupport
import Testing

/// The state comes back as it was, whichever way.
@Suite struct RestartTests {
    @Test func liveReplayedAndSnapshotStatesAreEqual() throws {
        var client = RandomClient(random: SeededRandom())
        var ledger = try Ledger()
        try client.play(120, on: ledger)
        _ = try ledger.service.takeSnapshot()
        try client.play(60, on: ledger)
        let verification = try ledger.service.verifyProjections()
        #expect(verification.isEqual && verification.position == ledger.head)
        #expect(verification.snapshot.map { $0.position < verification.position } == true)

        for _ in 1...2 {
            let live = try ledger.service.verifyProjections().live
            ledger = try ledger.reopened()
            let reopened = try ledger.service.verifyProjections()
            #expect(reopened.live == live && reopened.isEqual)
            try client.play(40, on: ledger)
            #expect(try ledger.service.verifyProjections().isEqual)
        }
        try ledger.service.shutdown()
    }

    @Test func withoutSnapshotsTheWholeLogIsReplayed() throws {
        var client = RandomClient(random: SeededRandom())
        let ledger = try Ledger()
        try client.play(80, on: ledger)
        let live = try ledger.service.verifyProjections().live
        let again = try ledger.reopened { directory in
            _ = try Shell.run("sqlite3 \(directory.file("ledger.db")) 'DELETE FROM snapshots'")
        }
        #expect(try again.service.verifyProjections().live == live)
        try again.service.shutdown()
    }

    @Test func aDamagedSnapshotIsSetAsideAndTheLogReplayed() throws {
        var client = RandomClient(random: SeededRandom())
        var ledger = try Ledger()
        try client.play(60, on: ledger)
        let live = try ledger.service.verifyProjections().live
        // Its certificate does not hold.
        ledger = try ledger.reopened { directory in try saveBadSnapshot(in: directory, stateHash: nil) }
        #expect(try ledger.service.verifyProjections().live == live)
        #expect(try ledger.service.snapshots().last?.setAside != nil)

        // It does, but this version cannot read what it holds.
        let garbage = Array("garbage".utf8)
        try ledger.service.shutdown()
        try saveBadSnapshot(in: ledger.directory, stateHash: ChainHash.digest(of: garbage))
        let log = try SQLiteEventLog.open(directory: ledger.directory.path)
        let recovered = try Recovery.recover(log)
        #expect(recovered.warnings.contains { $0.contains("cannot be decoded") } && recovered.snapshot == .beforeFirst)
        #expect(ChainHash.digest(of: recovered.state.encode()) == live)
        try log.close()
    }

    private func saveBadSnapshot(in directory: TemporaryDirectory, stateHash: String?) throws {
        let log = try SQLiteEventLog.open(directory: directory.path)
        let head = try log.head()
        let body = Array("garbage".utf8)
        try log.save(
            Snapshot(
                position: head.position,
                time: Timestamp(milliseconds: 0),
                chainHash: head.hash,
                version: QuotaState.encodingVersion,
                stateHash: stateHash ?? ChainHash.digest(of: [1]),
                body: body
            )
        )
        let warnings = try log.newestGoodSnapshot(version: QuotaState.encodingVersion).warnings
        #expect(warnings.isEmpty == (stateHash != nil))
        try log.close()
    }

    @Test func progressOfAReplayIsTold() throws {
        let ledger = try Ledger()
        for _ in 0..<5 { try ledger.record(SaidCall()) }
        let seen = Expected<(LogPosition, LogPosition)>()
        try ledger.service.shutdown()
        _ = try Shell.run("sqlite3 \(ledger.directory.file("ledger.db")) 'DELETE FROM snapshots'")
        let service = try LedgerService.open(
            ServiceConfiguration(
                directory: ledger.directory.path,
                clock: ledger.clock.serviceClock,
                onFailure: { _ in },
                onReplay: { seen.give(($0, $1)) }
            )
        )
        #expect(try seen.get() == (LogPosition(5), LogPosition(5)))
        try service.shutdown()
    }

    @Test func aDirectoryInUseIsRefused() throws {
        let ledger = try Ledger()
        #expect(throws: EventLogError.self) { try Ledger(in: ledger.directory) }
        try ledger.record(SaidCall())
        try ledger.service.shutdown()
    }

    @Test func aServiceWhoseLogRefusesStops() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        _ = try Shell.run(
            """
            sqlite3 \(ledger.directory.file("ledger.db")) "CREATE TRIGGER full BEFORE INSERT ON blocks BEGIN \
            SELECT RAISE(ABORT, 'disk full'); END"
            """
        )
        var requests = Requests()
        try requests.record([SaidCall()])
        let (burst, outcomes) = requests.expected()
        ledger.service.submit(burst)
        #expect(try ledger.failure.get().contains("disk full"))
        #expect(try ledger.record(SaidCall()).failure?.mayBeDone == false)
        #expect(throws: ServiceError.stopping) { try ledger.service.takeSnapshot() }
        #expect(throws: LogFailure.self) { try ledger.service.statistics() }
        try ledger.service.shutdown()
        #expect(try outcomes.get()[0].failure?.mayBeDone == true)
        #expect(outcomes.count == 1 && ledger.failure.count == 1)

        _ = try Shell.run("sqlite3 \(ledger.directory.file("ledger.db")) 'DROP TRIGGER full'")
        let again = try Ledger(in: ledger.directory, clock: ledger.clock)
        #expect(again.head == LogPosition(1))
        #expect(try again.usageNow().usedByWorkspace == 1)
        try again.service.shutdown()
    }

    @Test func statisticsCountWhatIsHeld() throws {
        let ledger = try Ledger()
        try ledger.record(
            SaidCall(id: "a"),
            SaidCall("acme", "sales", id: "a"),
            SaidCall("globex", nil, integration: "x")
        )
        let statistics = try ledger.service.statistics()
        #expect(statistics.orgs == 2 && statistics.workspaces == 2 && statistics.idempotencyIDs == 2)
        #expect(statistics.lastSnapshot == .beforeFirst && statistics.idempotencyBytes > 0)
        #expect(try ledger.service.logStatistics().events == 3)
        try ledger.service.shutdown()
    }
}
