import EventSourcing
import LedgerService
import SQLiteEventLog
import TestSupport
import Testing

/// What the ledger writes beside its events lets readers pass over blocks and miss nothing.
@Suite struct EventLabelsTests {
    @Test func aTypePrefixIsAnyOfTheTypesThatBeginSo() {
        let started = BlockLabel(.type, "bulk_sync.started")
        #expect(BlockQuery(typePrefix: "bulk_sync.started").groups == [[started]])
        #expect(BlockQuery(typePrefix: "bulk_sync.").groups[0].count == 7)
        #expect(BlockQuery(typePrefix: "bulk_sync.").groups[0].contains(started))
        #expect(BlockQuery(org: "acme", workspace: "support").groups.count == 2)
        #expect(BlockQuery(typePrefix: "later.") == .everything)
        #expect(BlockQuery() == .everything)
    }

    @Test func everyBlockIsLabelledAsItsLinesSay() throws {
        var client = RandomClient(random: SeededRandom())
        let ledger = try Ledger()
        try client.play(120, on: ledger)
        // From memory and from the file; verification holds labels against lines.
        let page = try ledger.service.readBlocks(from: LogPosition(1), byteLimit: .max)
        #expect(page.blocks.allSatisfy { $0.block.labels != .anything })
        #expect(try ledger.blocks().map(\.block.labels) == page.blocks.map(\.block.labels))
        #expect(try ledger.service.log.verify().head.position == ledger.head)
        try ledger.service.shutdown()
    }

    @Test func aPageHasNoBlocksWithoutWhatIsAskedFor() throws {
        var ledger = try Ledger()
        for org in ["acme", "globex", "globex", "acme", "globex"] { try ledger.record(SaidCall(org)) }
        for _ in 1...2 {
            let query = BlockQuery(org: "acme", typePrefix: "api.")
            let page = try ledger.service.readBlocks(from: LogPosition(2), matching: query, byteLimit: .max)
            #expect(page.blocks.map(\.block.first.ordinal) == [4])
            #expect((page.through, page.skipped) == (ledger.head, 3))
            let end = try ledger.service.readBlocks(from: ledger.head.next, matching: query, byteLimit: .max)
            #expect((end.blocks.count, end.through) == (0, ledger.head))
            // The second time from the file.
            ledger = try ledger.reopened()
        }
        try ledger.service.shutdown()
    }
}
