import EventSourcing
import LedgerService
import Synchronization
import Testing

@Suite struct BlockFeedTests {
    private let feed = BlockFeed(head: LogHead(position: LogPosition(10), hash: "ten"))

    @Test func holdsWhatWasPublishedSinceItBegan() {
        #expect(feed.blocks(from: LogPosition(10), byteLimit: 1) == nil)
        #expect(feed.blocks(from: LogPosition(11), byteLimit: 1)?.isEmpty == true)
        feed.publish(block(first: 11, count: 3))
        feed.publish(block(first: 14, count: 1))
        #expect(feed.head == LogHead(position: LogPosition(14), hash: "hash-14"))
        #expect(feed.blocks(from: LogPosition(10), byteLimit: 1_000) == nil)
        #expect(firsts(from: 11, byteLimit: 1_000) == [11, 14])
        #expect(firsts(from: 13, byteLimit: 1_000) == [11, 14])
        #expect(firsts(from: 14, byteLimit: 1_000) == [14])
        #expect(firsts(from: 15, byteLimit: 1_000) == [])
    }

    @Test func givesAboutAsManyBytesAsAsked() {
        for first in 0..<10 { feed.publish(block(first: 11 + first, count: 1, bytes: 100)) }
        #expect(firsts(from: 11, byteLimit: 1) == [11])
        #expect(firsts(from: 11, byteLimit: 100) == [11])
        #expect(firsts(from: 11, byteLimit: 101) == [11, 12])
        #expect(firsts(from: 19, byteLimit: 1_000) == [19, 20])
        #expect(firsts(from: 12, byteLimit: 0) == [12])
    }

    @Test func oldBlocksLeaveMemory() {
        // An array's memory is a little more than its elements.
        let size = BlockFeed.bytesMax / 4 - 4_096
        for first in 0..<6 { feed.publish(block(first: 11 + first, count: 1, bytes: size)) }
        #expect(feed.blocks(from: LogPosition(12), byteLimit: 1) == nil)
        #expect(firsts(from: 13, byteLimit: .max) == [13, 14, 15, 16])
        #expect((11...18).map { feed.holds(LogPosition($0)) } == [false, false, true, true, true, true, true, true])
    }

    @Test func roomThatIsReadyForMoreCountsToo() {
        for first in 11..<17 {
            var roomy = block(first: first, count: 1, bytes: 10)
            roomy.block.lines.reserveCapacity(BlockFeed.bytesMax / 4 - 4_096)
            feed.publish(roomy)
        }
        #expect(feed.blocks(from: LogPosition(12), byteLimit: 1) == nil)
        #expect(firsts(from: 13, byteLimit: .max) == [13, 14, 15, 16])
    }

    @Test func theNewestBlockStaysHoweverLarge() {
        feed.publish(block(first: 11, count: 1))
        feed.publish(block(first: 12, count: 1, bytes: BlockFeed.bytesMax + 1))
        #expect(feed.blocks(from: LogPosition(11), byteLimit: 1) == nil)
        #expect(firsts(from: 12, byteLimit: 1) == [12])
        feed.publish(block(first: 13, count: 1))
        #expect(firsts(from: 13, byteLimit: 1) == [13])
    }

    @Test func waitersAreWokenOnceWhenTheirPositionIsThere() {
        let woken = Mutex<[Int]>([])
        func wait(_ position: Int64, _ name: Int) -> BlockFeed.WaiterID? {
            feed.whenDurable(LogPosition(position)) { woken.withLock { $0.append(name) } }
        }
        #expect(wait(10, 1) == nil)
        #expect(wait(11, 2) != nil)
        #expect(wait(13, 3) != nil)
        let cancelled = wait(11, 4)
        cancelled.map(feed.cancel)
        #expect(woken.withLock { $0 } == [1])
        feed.publish(block(first: 11, count: 2))
        #expect(woken.withLock { $0 } == [1, 2])
        feed.publish(block(first: 13, count: 1))
        feed.publish(block(first: 14, count: 1))
        #expect(woken.withLock { $0 } == [1, 2, 3])
    }

    @Test func thoseWhoWaitTogetherAreWokenInTheOrderInWhichTheyCame() {
        let woken = Mutex<[Int]>([])
        for name in 1...50 { feed.whenDurable(LogPosition(11)) { woken.withLock { $0.append(name) } } }
        feed.publish(block(first: 11, count: 1))
        #expect(woken.withLock { $0 } == Array(1...50))
    }

    /// Who is woken reads the head and waits again: as readers do.
    @Test func awokenMayAskAndWaitAgain() {
        let seen = Mutex<[Int64]>([])
        let feed = feed
        @Sendable func follow() {
            seen.withLock { $0.append(feed.head.position.ordinal) }
            feed.whenDurable(feed.head.position.next, follow)
        }
        follow()
        feed.publish(block(first: 11, count: 1))
        feed.publish(block(first: 12, count: 5))
        #expect(seen.withLock { $0 } == [10, 11, 16])
    }

    // MARK: Parts

    private func block(first: Int, count: Int, bytes: Int = 10) -> CommittedBlock {
        let time = Timestamp(milliseconds: 0)
        let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: bytes)
        return CommittedBlock(
            block: Block(
                first: LogPosition(Int64(first)),
                count: count,
                timeFirst: time,
                timeLast: time,
                lines: lines
            ),
            hash: "hash-\(first + count - 1)"
        )
    }

    private func firsts(from position: Int64, byteLimit: Int) -> [Int64]? {
        feed.blocks(from: LogPosition(position), byteLimit: byteLimit)?.map(\.block.first.ordinal)
    }
}
