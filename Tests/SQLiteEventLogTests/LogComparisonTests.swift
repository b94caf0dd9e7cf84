import EventSourcing
import Foundation
import TestSupport
import Testing

@testable import SQLiteEventLog

@Suite struct LogComparisonTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>

    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.file("data")))
        try sample.append(blocks: [3, 500, 1, 20, 7])
    }

    private func compare(_ first: SQLiteEventLog, _ second: SQLiteEventLog) throws -> LogComparison {
        try LogComparison(VerifiedLog(first, first.verify()), VerifiedLog(second, second.verify()))
    }

    /// A ledger of its own, made of a copy as it is now.
    private func copy(_ name: String = "copy") throws -> SampleLog<SQLiteEventLog> {
        try PrivateFiles.createDirectory(directory.file(name))
        _ = try sample.log.backup(to: directory.file("\(name)/ledger.db"))
        var copy = try SampleLog(SQLiteEventLog.open(directory: directory.file(name)))
        copy.clock = sample.clock
        return copy
    }

    @Test func aCopyIsTheSame() throws {
        let comparison = try compare(sample.log, copy().log)
        let end = sample.head.position
        #expect(
            comparison == LogComparison(from: LogPosition(1), through: end, sameBlocksThrough: end, verdict: .same)
        )
    }

    @Test func emptyLedgersAreTheSame() throws {
        let empty = try SQLiteEventLog.open(directory: directory.file("empty"))
        let other = try SQLiteEventLog.open(directory: directory.file("other"))
        #expect(try compare(empty, other).verdict == .same)
        #expect(try compare(empty, sample.log).verdict == .firstIsBeginning)
    }

    @Test mutating func whatGoesOnIsLonger() throws {
        let copy = try copy()
        let end = sample.head.position
        try sample.append(blocks: [4, 1])
        #expect(try compare(sample.log, copy.log).verdict == .secondIsBeginning)
        let comparison = try compare(copy.log, sample.log)
        #expect(comparison.verdict == .firstIsBeginning)
        #expect(comparison.through == end && comparison.sameBlocksThrough == end)
    }

    @Test mutating func theFirstLineThatDiffersIsTold() throws {
        var copy = try copy()
        let end = sample.head.position
        try sample.append(blocks: [2, 6, 1])
        try copy.append(2)
        copy.clock = copy.clock + .seconds(1)
        try copy.append(blocks: [6, 1, 1])
        let comparison = try compare(sample.log, copy.log)
        let position = end.advanced(by: 3)
        let line = sampleLine(at: position, time: sample.committed[6].block.timeFirst)
        let other = sampleLine(at: position, time: copy.committed[1].block.timeFirst)
        #expect(comparison.verdict == .differs(.init(position: position, first: line, second: other)))
        #expect(comparison.through == end.advanced(by: 2))
        #expect(comparison.sameBlocksThrough == end.advanced(by: 2))
    }

    @Test mutating func theSameLinesInOtherBlocksAreNoCopy() throws {
        var copy = try copy()
        let end = sample.head.position
        let time = sample.clock
        try sample.append(5)
        for index in 0..<5 {
            copy.clock = time + TimeSpan(milliseconds: Int64(index))
            try copy.append(1)
        }
        let comparison = try compare(sample.log, copy.log)
        #expect(comparison.verdict == .same)
        #expect(comparison.through == sample.head.position)
        #expect(comparison.sameBlocksThrough == end)
    }

    /// Every pair of a random history, its copy that goes on alike or otherwise, compacted and retained at random.
    @Test func histories() throws {
        var random = SeededRandom()
        for round in 0..<12 {
            var sample = try SampleLog(SQLiteEventLog.open(directory: directory.file("first \(round)")))
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                try sample.append(Int.random(in: 1...5, using: &random))
            }
            let shared = sample.head.position
            try PrivateFiles.createDirectory(directory.file("second \(round)"))
            _ = try sample.log.backup(to: directory.file("second \(round)/ledger.db"))
            var other = try SampleLog(SQLiteEventLog.open(directory: directory.file("second \(round)")))
            other.clock = sample.clock
            let isOtherwise = Bool.random(using: &random)
            if isOtherwise { other.clock = other.clock + .seconds(1) }
            for _ in 0..<Int.random(in: 0...5, using: &random) { try sample.append(2) }
            for _ in 0..<Int.random(in: 0...5, using: &random) { try other.append(2) }
            for log in [sample.log, other.log] where Bool.random(using: &random) {
                try log.compact { $0.packedBytes = Int.random(in: 500...5_000, using: &random) }
            }
            let comparison = try compare(sample.log, other.log)
            let end = min(sample.head.position, other.head.position)
            #expect(comparison.through == (isOtherwise ? shared : end))
            #expect(comparison.sameBlocksThrough == comparison.through)
            if isOtherwise && end > shared {
                guard case .differs(let difference) = comparison.verdict else {
                    Issue.record("\(comparison)")
                    continue
                }
                #expect(difference.position == shared.next)
            } else if sample.head.position == other.head.position {
                #expect(comparison.verdict == .same)
            } else {
                let isFirstShorter = sample.head.position < other.head.position
                #expect(comparison.verdict == (isFirstShorter ? .firstIsBeginning : .secondIsBeginning))
            }
        }
    }

    // MARK: Compaction and retention

    @Test mutating func otherRowsAreTheSameLedger() throws {
        let copy = try copy()
        try copy.log.compact { $0.packedBytes = 2_000 }
        try sample.append(3)
        #expect(try compare(copy.log, sample.log).verdict == .firstIsBeginning)
        try sample.log.compact()
        #expect(try compare(copy.log, sample.log).verdict == .firstIsBeginning)
    }

    @Test mutating func whatWasDroppedIsComparedByItsHash() throws {
        let copy = try copy()
        try drop(before: 505, from: copy.log)
        try sample.append(3)
        for comparison in [try compare(copy.log, sample.log), try compare(sample.log, copy.log)] {
            #expect(comparison.from == LogPosition(505))
            #expect(comparison.through == copy.head.position)
        }
        try drop(before: 504, from: sample.log)
        #expect(try compare(copy.log, sample.log).verdict == .firstIsBeginning)
    }

    @Test func aDifferenceInWhatWasDroppedIsFound() throws {
        var other = try SampleLog(SQLiteEventLog.open(directory: directory.file("other")))
        other.clock = other.clock + .seconds(1)
        try other.append(blocks: [3, 500, 1, 20, 7])
        try drop(before: 505, from: other.log)
        let comparison = try compare(sample.log, other.log)
        #expect(comparison.verdict == .differsInDropped)
        #expect(comparison.through < comparison.from)
    }

    @Test mutating func withNothingInCommonThereIsNoVerdict() throws {
        let copy = try copy()
        try sample.append(blocks: [10, 10])
        try drop(before: sample.head.position.ordinal - 9, from: sample.log)
        #expect(try compare(sample.log, copy.log).verdict == .nothingInCommon)
    }

    /// What comes before a position, as far as whole blocks do.
    private func drop(before position: Int64, from log: SQLiteEventLog) throws {
        let head = try log.head()
        let body = Array("state".utf8)
        try log.save(
            Snapshot(
                position: head.position,
                time: sample.clock,
                chainHash: head.hash,
                version: 1,
                stateHash: ChainHash.digest(of: body),
                body: body
            )
        )
        try log.compact {
            $0.keepEvents = 1_000_000
            $0.retention = Retention(before: LogPosition(position), snapshotVersion: 1) { _ in [] }
        }
    }
}
