import EventSourcing
import SQLiteEventLog
import TestSupport
import Testing

/// Packing changes no line, no original block and no hash.
@Suite struct CompactionTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>

    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.path))
    }

    @Test mutating func packedBlocksReadAndVerifyAsTheyWereCommitted() throws {
        var random = SeededRandom()
        for _ in 0..<300 { try sample.append(Int.random(in: 1...8, using: &random)) }
        let before = try sample.log.verify()
        let report = try sample.log.compact { $0.packedBytes = Int.random(in: 300...60_000, using: &random) }
        #expect(report.blocksBefore == 300)
        #expect(report.blocksAfter < 300)
        #expect(report.bytesAfter < report.bytesBefore)
        #expect(try sample.log.verify() == before)
        #expect(try sample.log.everything() == sample.committed.map(Seen.init))
        let statistics = try sample.log.statistics()
        #expect(statistics.blocks == report.blocksAfter)
        #expect(statistics.lineBytes == sample.lines.count)
    }

    @Test mutating func everyPositionIsFoundInsidePackedBlocks() throws {
        try sample.append(blocks: [3, 1, 4, 1, 5])
        try sample.log.compact()
        #expect(try sample.log.statistics().blocks == 1)
        for block in sample.committed {
            #expect(try sample.log.hash(after: block.block.last) == block.hash)
            for ordinal in block.block.first.ordinal...block.block.last.ordinal {
                let first = try sample.log.read(from: LogPosition(ordinal), byteLimit: 1).first
                #expect(first.map(Seen.init) == Seen(block))
            }
        }
        #expect(try sample.log.hash(after: LogPosition(2)) == nil)
    }

    @Test mutating func theNewestEventsStayAsCommitted() throws {
        try sample.append(blocks: Array(repeating: 1, count: 20))
        let report = try sample.log.compact { $0.keepEvents = 5 }
        #expect(report.blocksAfter == 6)
        #expect(report.position == LogPosition(15))
    }

    @Test mutating func compactingAgainTakesUpWhatCameSinceAndLeavesFullBlocks() throws {
        try sample.append(blocks: Array(repeating: 1, count: 100))
        let limit = sample.lines.count / 4
        try sample.log.compact { $0.packedBytes = limit }
        let settled = try sample.log.compact { $0.packedBytes = limit }
        #expect(settled.blocksBefore == settled.blocksAfter)
        #expect(settled.bytesBefore == settled.bytesAfter)
        try sample.append(blocks: [1, 1, 1])
        let report = try sample.log.compact { $0.packedBytes = limit }
        #expect(report.blocksAfter < report.blocksBefore)
        #expect(try sample.log.everything() == sample.committed.map(Seen.init))
    }

    @Test mutating func aLargeSingleBlockIsCompressedAlone() throws {
        try sample.append(blocks: [500, 1])
        let report = try sample.log.compact { $0.packedBytes = 1_000 }
        #expect(report.blocksAfter == 2)
        #expect(try sample.log.statistics().packedBlocks == 0)
        #expect(report.bytesAfter < report.bytesBefore / 2)
        #expect(try sample.log.everything() == sample.committed.map(Seen.init))
    }

    @Test mutating func aDryRunReportsTheSameAndWritesNothing() throws {
        try sample.append(blocks: Array(repeating: 2, count: 50))
        let foretold = try sample.log.compact { $0.dryRun = true }
        #expect(try sample.log.statistics().blocks == 50)
        #expect(try sample.log.compact() == foretold)
    }

    @Test mutating func appendsGoBetweenTheSteps() throws {
        try sample.append(blocks: Array(repeating: 1, count: 200))
        var options = CompactionOptions()
        (options.keepEvents, options.packedBytes) = (0, 2_000)
        let compactor = try sample.log.compactor(options)
        while try compactor.step() { try sample.append(1) }
        #expect(try sample.log.verify().head == sample.head)
        #expect(try sample.log.everything() == sample.committed.map(Seen.init))
    }

    @Test func thereIsOneCompactionAtATime() throws {
        let first = try sample.log.compactor()
        #expect(throws: EventLogError.storage("a compaction is already under way")) { try sample.log.compactor() }
        _ = try first.step()
        while try first.step() {}
    }

    @Test func anAbandonedCompactionMakesRoomForTheNext() throws {
        _ = try sample.log.compactor().step()
        #expect(try sample.log.compact().blocksAfter == 0)
    }

    @Test mutating func theFileGetsShorter() throws {
        for _ in 0..<20 { try sample.append(20, padding: 5_000) }
        try sample.log.checkpoint()
        let before = try sample.log.statistics()
        try sample.log.compact()
        try sample.log.checkpoint()
        let after = try sample.log.statistics()
        #expect(after.databaseBytes < before.databaseBytes / 2)
        #expect(after.bodyBytes < before.bodyBytes / 4)
    }

    @Test mutating func aVerificationUnderWaySeesTheSameChain() throws {
        for _ in 0..<20 { try sample.append(2, padding: 300_000) }
        let log = sample.log
        var options = CompactionOptions()
        options.keepEvents = 0
        let compactor = try log.compactor(options)
        // Each step of the verification is followed by one of the compaction, which packs across its border.
        let report = try log.verify(progress: { _, _ in _ = try? compactor.step() })
        #expect((report.events, report.blocks, report.head) == (40, 20, sample.head))
    }
}
