import EventSourcing
import SQLiteEventLog
import Testing

@testable import LedgerService

/// When snapshots are taken.
@Suite struct SnapshotTests {
    @Test func afterSoManyEvents() throws {
        let ledger = try Ledger(snapshotEvents: 10)
        try ledger.record(SaidCall(), SaidCall(), SaidCall())
        #expect(try ledger.service.snapshots().isEmpty)
        for _ in 0..<7 { try ledger.record(SaidCall()) }
        try awaitSnapshot(of: ledger, at: 10)
        for _ in 0..<9 { try ledger.record(SaidCall()) }
        #expect(try ledger.service.snapshots().map(\.position.ordinal) == [10])
        try ledger.record(SaidCall())
        try awaitSnapshot(of: ledger, at: 20)
        try ledger.service.shutdown()
    }

    @Test func afterSoMuchTimeInWhichEventsCame() throws {
        let ledger = try Ledger(snapshotTime: .minutes(10))
        ledger.clock.advance(.minutes(9))
        try ledger.record(SaidCall())
        try awaitSnapshot(of: ledger, at: 0)
        ledger.clock.advance(.minutes(1))
        try awaitSnapshot(of: ledger, at: 1)
        ledger.clock.advance(.minutes(30))
        // Time alone makes no snapshot.
        try awaitSnapshot(of: ledger, at: 1)
        try ledger.record(SaidCall())
        try awaitSnapshot(of: ledger, at: 2)
        try ledger.service.shutdown()
    }

    @Test func onDemandAndOnShutdown() throws {
        let ledger = try Ledger()
        #expect(try ledger.service.takeSnapshot().position == .beforeFirst)
        try ledger.record(SaidCall())
        let report = try ledger.service.takeSnapshot()
        #expect(report.position == LogPosition(1) && report.time == ledger.clock.now && report.bytes > 0)
        #expect(try report.stateHash == ledger.service.verifyProjections().live)
        try ledger.record(SaidCall())
        let again = try ledger.reopened()
        #expect(try again.service.snapshots().map(\.position.ordinal).last == 2)
        // Nothing happened since: no other one on shutdown.
        let positions = try again.service.snapshots().map(\.position)
        let third = try again.reopened()
        #expect(try third.service.snapshots().map(\.position) == positions)
        try third.service.shutdown()
    }

    @Test func onlyTheNewestAreKept() throws {
        let ledger = try Ledger()
        for _ in 0..<6 {
            try ledger.record(SaidCall())
            _ = try ledger.service.takeSnapshot()
        }
        #expect(try ledger.service.snapshots().map(\.position.ordinal) == [4, 5, 6])
        try ledger.service.shutdown()
    }

    @Test func noneIsDeletedWhileAllAreToBeKept() throws {
        let ledger = try Ledger()
        try ledger.service.snapshotter.keepingAll {
            for _ in 0..<6 {
                try ledger.record(SaidCall())
                _ = try ledger.service.takeSnapshot()
            }
        }
        #expect(try ledger.service.snapshots().count == 6)
        _ = try ledger.service.takeSnapshot()
        #expect(try ledger.service.snapshots().count == 3)
        try ledger.service.shutdown()
    }

    /// A snapshot is taken behind the answers, so these and the queue are waited for.
    private func awaitSnapshot(of ledger: Ledger, at position: Int64) throws {
        try ledger.settle()
        ledger.service.snapshotter.finish()
        #expect(ledger.service.snapshotter.lastPosition == LogPosition(position))
    }
}
