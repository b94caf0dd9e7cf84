import EventSourcing
import SQLiteEventLog
import TestSupport
import Testing

/// From instants to positions and back, before and after compaction.
@Suite struct EventTimeTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>
    /// The times of positions 1, 2, 3 …, computed from what was appended.
    private var times: [Timestamp] = []

    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.path))
        var random = SeededRandom()
        for _ in 0..<40 {
            // Now and then a block begins at the very instant at which the last one ended.
            if Bool.random(using: &random) { sample.clock = sample.clock - .seconds(1) }
            let block = try sample.append(Int.random(in: 1...5, using: &random)).block
            times += (0..<block.count).map { block.timeFirst + TimeSpan(milliseconds: Int64($0)) }
        }
    }

    @Test(arguments: [false, true]) func positionsAndTimesAgreeWithAScan(isCompacted: Bool) throws {
        if isCompacted { try sample.log.compact { $0.packedBytes = 3_000 } }
        for (index, time) in times.enumerated() {
            #expect(try sample.log.time(of: LogPosition(Int64(index + 1))) == time)
            for offset in [-1, 0, 1] as [Int64] {
                let instant = time + TimeSpan(milliseconds: offset)
                let expected = times.lastIndex { $0 <= instant }.map { $0 + 1 } ?? 0
                #expect(try sample.log.position(atOrBefore: instant).ordinal == expected)
            }
        }
    }

    @Test func outsideTheLogThereIsNothing() throws {
        #expect(try sample.log.time(of: sample.head.position.next) == nil)
        #expect(try sample.log.position(atOrBefore: Timestamp(milliseconds: 0)) == .beforeFirst)
        #expect(try sample.log.position(atOrBefore: Timestamp.representable.upperBound) == sample.head.position)
        let emptyDirectory = try TemporaryDirectory()
        let empty = try SQLiteEventLog.open(directory: emptyDirectory.path)
        #expect(try empty.position(atOrBefore: sample.clock) == .beforeFirst)
        #expect(try empty.time(of: LogPosition(1)) == nil)
    }
}
