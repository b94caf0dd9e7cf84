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
        for _ in 1...60 {
            ledger.clock.advance(client.pause())
            _ = try ledger.submit(client.requests(at: ledger.clock.now))
        }
    }

    enum Work: CaseIterable {
        case compaction
        case rebuild
        case snapshot
        case backup
    }

    @Test(arguments: Work.allCases) mutating func theOldDataServeOn(_ work: Work) throws {
        let head = ledger.ledger.head
        let histories = try ledger.histories()
        // Whatever it has written before there is no room.
        for call in [1, 3] {
            disk.arm(Fault(kind: .full, call: call))
            #expect(throws: (any Error).self) { try perform(work) }
            #expect(disk.struck != nil)
            #expect(try ledger.histories() == histories)
            #expect(try ledger.service.verifyLog().head.position == head)
            #expect(try ledger.service.verifyProjections().isEqual)
        }
        disk.arm(nil)
        try perform(work)
        #expect(try ledger.histories() == histories)
        #expect(try ledger.submit(ScriptedRun.call())?.first?.receipt != nil)
        try ledger.stop()
        let again = try FaultyLedger(on: disk, clock: ledger.clock, witness: ledger.witness)
        #expect(try again.problems() == [])
        try again.service.shutdown()
    }

    @Test mutating func aDiskWithoutHardLinksTakesBackups() throws {
        disk.arm(Fault(kind: .noLinks, call: 1))
        try perform(.backup)
        #expect(disk.struck != nil)
        let name = ledger.witness.backups[0]
        #expect(throws: ServiceError.exists(name)) { _ = try ledger.service.backup(name: name) }
        disk.arm(nil)
        #expect(try ledger.problems() == [])
        try ledger.stop()
    }

    private mutating func perform(_ work: Work) throws {
        switch work {
        case .compaction: _ = try ledger.service.compact(dryRun: false, keepEvents: 5, retainDays: nil)
        case .rebuild: _ = try ledger.service.rebuildProjections()
        case .snapshot: _ = try ledger.service.takeSnapshot()
        case .backup: try ledger.backUp()
        }
    }
}
