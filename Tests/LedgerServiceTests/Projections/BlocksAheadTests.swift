import EventSourcing
import Synchronization
import Testing

@testable import LedgerService

@Suite struct BlocksAheadTests {
    @Test func givesTheBlocksInOrder() throws {
        let log = CountingLog(events: 50)
        let ahead = BlocksAhead(from: LogPosition(8), read: log.read(from:))
        defer { ahead.stop() }
        var positions: [Int64] = []
        while let blocks = try ahead.next(), !blocks.isEmpty { positions += blocks.map(\.block.first.ordinal) }
        #expect(positions == Array(8...50))
        #expect(try ahead.next() == nil)
    }

    @Test func readsLittleFurtherThanWasTaken() throws {
        let log = CountingLog(events: 1_000)
        let ahead = BlocksAhead(from: LogPosition(1), read: log.read(from:))
        for _ in 1...10 { _ = try ahead.next() }
        ahead.stop()
        #expect(log.reads >= 10 && log.reads <= 14)
    }

    @Test func passesOnWhatReadingFailsWith() throws {
        let log = CountingLog(events: 50, damagedAt: LogPosition(5))
        let ahead = BlocksAhead(from: LogPosition(1), read: log.read(from:))
        defer { ahead.stop() }
        for _ in 1...4 { _ = try ahead.next() }
        #expect(throws: EventLogError.self) { _ = try ahead.next() }
        #expect(try ahead.next() == nil)
    }

    @Test func mayBeStoppedAtAnyTime() throws {
        for taken in 0...3 {
            let ahead = BlocksAhead(from: LogPosition(1), read: CountingLog(events: 3).read(from:))
            for _ in 0..<taken { _ = try ahead.next() }
            ahead.stop()
        }
    }
}

/// One event a block and one block a read; counts the reads.
private final class CountingLog: Sendable {
    private let events: Int64
    private let damagedAt: LogPosition?
    private let count = Mutex(0)

    init(events: Int64, damagedAt: LogPosition? = nil) {
        (self.events, self.damagedAt) = (events, damagedAt)
    }

    var reads: Int { count.withLock { $0 } }

    @Sendable func read(from position: LogPosition) throws -> [CommittedBlock] {
        count.withLock { $0 += 1 }
        if position == damagedAt { throw EventLogError.damaged(at: position, reason: "a test") }
        guard position.ordinal <= events else { return [] }
        let time = Timestamp(milliseconds: 0)
        return [
            CommittedBlock(
                block: Block(first: position, count: 1, timeFirst: time, timeLast: time, lines: []),
                hash: LogHead.empty.hash
            )
        ]
    }
}
