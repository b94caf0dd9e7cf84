import EventSourcing
import TestSupport
import Testing

@testable import SQLiteEventLog

/// Heads that somebody noted elsewhere, held against a log that is sound in itself.
@Suite struct ExpectedHeadTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>
    private let heads: [LogHead]

    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.file("data")))
        try sample.append(blocks: [3, 50, 1, 20, 7])
        heads = sample.committed.map { LogHead(position: $0.block.last, hash: $0.hash) }
    }

    @Test func everyHeadThatTheLogHadIsFoundCompactedOrNot() throws {
        #expect(try sample.log.verify(expecting: heads + [.empty]).head == sample.head)
        try sample.log.compact()
        #expect(try sample.log.verify(expecting: heads.reversed()).head == sample.head)
    }

    @Test func aLogWhoseEndWasCutOffIsFound() throws {
        try sample.log.close()
        try tamper(with: directory.file("data/ledger.db"), "DELETE FROM blocks WHERE first > 53")
        let cut = try SQLiteEventLog.open(directory: directory.file("data"))
        #expect(try cut.verify().head == heads[1])
        let error = #expect(throws: UnexpectedHistory.self) { try cut.verify(expecting: heads) }
        #expect(error == UnexpectedHistory(expected: heads[2], found: nil, head: heads[1].position))
        #expect(error?.isShorter == true)
        #expect(try cut.verify(expecting: [heads[0], heads[1]]).head == heads[1])
    }

    @Test mutating func aLogThatWentAnotherWayIsFound() throws {
        var other = try SampleLog(SQLiteEventLog.open(directory: directory.file("other")))
        try other.append(blocks: [3, 50])
        other.clock = other.clock + .seconds(1)
        try other.append(blocks: [1, 20, 7])
        let error = #expect(throws: UnexpectedHistory.self) { try other.log.verify(expecting: heads.reversed()) }
        #expect(error?.expected == heads[2])
        #expect(error?.found == other.committed[2].hash)
        #expect(error?.isShorter == false)
    }

    @Test func aPositionInsideABlockIsNoHead() throws {
        let inside = LogHead(position: LogPosition(10), hash: heads[1].hash)
        let error = #expect(throws: UnexpectedHistory.self) { try sample.log.verify(expecting: [inside]) }
        #expect(error?.found == nil)
        #expect(error?.description == "no block ends at position 10: this is another log")
    }

    /// Damage says more than a head that is missing because of it.
    @Test func damageComesFirst() throws {
        try sample.log.close()
        try tamper(
            with: directory.file("data/ledger.db"),
            "UPDATE blocks SET body = zeroblob(length(body)) WHERE first = 4"
        )
        let log = try SQLiteEventLog.open(directory: directory.file("data"))
        let wrong = LogHead(position: LogPosition(3), hash: heads[1].hash)
        #expect(throws: EventLogError.self) { try log.verify(expecting: [wrong]) }
    }

    @Test func whatRetentionDroppedCannotBeTold() throws {
        let body = Array("state".utf8)
        try sample.log.save(
            Snapshot(
                position: sample.head.position,
                time: sample.clock,
                chainHash: sample.head.hash,
                version: 1,
                stateHash: ChainHash.digest(of: body),
                body: body
            )
        )
        try sample.log.compact {
            $0.keepEvents = 1_000_000
            $0.retention = Retention(before: LogPosition(54), snapshotVersion: 1) { _ in [] }
        }
        #expect(throws: EventLogError.outOfRange(firstHeld: LogPosition(54))) {
            try sample.log.verify(expecting: heads)
        }
        // The last head of what was dropped is kept.
        #expect(try sample.log.verify(expecting: Array(heads.dropFirst())).firstHeld == LogPosition(54))
    }
}
