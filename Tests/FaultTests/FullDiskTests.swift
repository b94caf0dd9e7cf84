import EventSourcing
import LedgerService
import SQLiteEventLog
import TestSupport
import Testing

@testable import LedgerServiceTests

/// Work behind the log that finds the disk full leaves the old data serving, and is done once there is room.
@Suite struct FullDiskTests {
    private let disk: FaultyDisk
    private var ledger: FaultyLedger

    init() throws {
        disk = try FaultyDisk()
        ledger = try FaultyLedger(on: disk, clock: ManualClock())
        var client = RandomClient(random: SeededRandom())
        for number in 1...60 {
            ledger.clock.advance(client.pause())
            _ = try ledger.submit(client.requests(at: ledger.clock.now))
            if number == 30 { _ = try ledger.service.takeSnapshot() }
        }
    }

    enum Work: CaseIterable {
        case compaction
        case rebuild
        case snapshot
        case backup
    }

    @Test(arguments: Work.allCases) mutating func theOldDataServeOn(_ work: Work) throws {
        let histories = try ledger.histories()
        // Whatever it has written before there is no room.
        for call in [1, 3] {
            let losses = try losses(fullAtCall: call, of: { try FullDiskTests.perform(work, on: &$0) })
            #expect(losses == [])
        }
        try FullDiskTests.perform(work, on: &ledger)
        #expect(try ledger.histories() == histories)
        #expect(try ledger.submit(ScriptedRun.call())?.first?.receipt != nil)
        try ledger.stop()
        let again = try FaultyLedger(on: disk, clock: ledger.clock, witness: ledger.witness)
        #expect(try again.problems() == [])
        try again.service.shutdown()
    }

    /// What the test above would say of work that does not mind a full disk.
    @Test(arguments: CarelessWork.allCases) mutating func carelessWorkIsFound(_ work: CarelessWork) throws {
        var call = 1
        while let losses = try losses(fullAtCall: call, of: { try work.carryOut(on: $0) }) {
            guard losses.isEmpty else { return try ledger.stop() }
            call += 1
        }
        Issue.record("the disk was full at each of \(call - 1) calls, and nothing was missed")
    }

    @Test mutating func aDiskWithoutHardLinksTakesBackups() throws {
        disk.arm(Fault(kind: .noLinks, call: 1))
        try FullDiskTests.perform(.backup, on: &ledger)
        #expect(disk.struck != nil)
        let name = ledger.witness.backups[0]
        #expect(throws: ServiceError.exists(name)) { _ = try ledger.service.backup(name: name) }
        disk.arm(nil)
        #expect(try ledger.problems() == [])
        try ledger.stop()
    }

    /// What is wrong once the disk was full from a call of the work on; nil when the work has fewer calls.
    private mutating func losses(
        fullAtCall call: Int,
        of work: (inout FaultyLedger) throws -> Void
    ) throws -> [String]? {
        let before = try Holdings(of: ledger)
        disk.arm(Fault(kind: .full, call: call))
        let outcome = Result { try work(&ledger) }
        let isStruck = disk.struck != nil
        var losses = before.losses(in: ledger)
        disk.arm(nil)
        guard isStruck else { return nil }
        if case .success = outcome { losses.append("what had no room is said to be done") }
        return losses
    }

    private static func perform(_ work: Work, on ledger: inout FaultyLedger) throws {
        switch work {
        case .compaction: _ = try ledger.service.compact(dryRun: false, keepEvents: 5, retainDays: nil)
        case .rebuild: _ = try ledger.service.rebuildProjections()
        case .snapshot: _ = try ledger.service.takeSnapshot()
        case .backup: try ledger.backUp()
        }
    }
}

/// What a ledger has and must keep, whatever becomes of work behind its log.
private struct Holdings {
    private let head: LogPosition
    private let histories: [[HistoryRow]]
    private let snapshots: [LogPosition]

    init(of ledger: FaultyLedger) throws {
        head = ledger.ledger.head
        histories = try ledger.histories()
        snapshots = try Holdings.snapshots(of: ledger)
    }

    private static func snapshots(of ledger: FaultyLedger) throws -> [LogPosition] {
        try ledger.service.snapshots().filter { $0.setAside == nil }.map(\.position)
    }

    /// What is not there any more.
    func losses(in ledger: FaultyLedger) -> [String] {
        do {
            var losses: [String] = []
            if try ledger.histories() != histories { losses.append("the histories") }
            if try ledger.service.verifyLog().head.position != head { losses.append("the head") }
            if try !ledger.service.verifyProjections().isEqual { losses.append("the state") }
            let kept = try Holdings.snapshots(of: ledger)
            if !snapshots.allSatisfy(kept.contains) { losses.append("a snapshot") }
            return losses + (try ledger.problemsOfBackups())
        } catch {
            return ["\(error)"]
        }
    }
}
