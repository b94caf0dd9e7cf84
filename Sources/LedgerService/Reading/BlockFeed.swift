import DequeModule
package import EventSourcing
import Synchronization

/// The newest committed blocks, kept in memory for readers at the head, and the wake-up for those who wait for more.
///
/// Readers pull: each knows the position it wants next and takes it when it can write. A slow one simply asks later,
/// finds its position no longer here, and reads the log again, so no reader can make memory grow or miss an event.
package final class BlockFeed: Sendable {
    /// Memory of the lines that are kept, in bytes, with the room that was ready for more; the newest block is kept
    /// however large. Enough for the usage history, which writes its counts meanwhile: at 180,000 calls/s, 0.1 % of all CPU
    /// time went into reading from the log what it had missed here.
    package static let bytesMax = 8 << 20

    private let state: Mutex<State>

    fileprivate struct State {
        var head: LogHead
        var blocks: Deque<CommittedBlock> = []
        var bytes = 0
        var waiters: [WaiterID: Waiter] = [:]
        var nextWaiter: WaiterID = 0
    }

    fileprivate struct Waiter {
        var position: LogPosition
        var wake: @Sendable () -> Void
    }

    package typealias WaiterID = UInt64

    package init(head: LogHead) {
        state = Mutex(State(head: head))
    }

    /// The head of the log, as far as it is durable.
    package var head: LogHead { state.withLock { $0.head } }

    /// Adds a block behind the head and wakes who waited for it.
    package func publish(_ block: CommittedBlock) {
        let woken = state.withLock { state in
            state.head = LogHead(position: block.block.last, hash: block.hash)
            state.blocks.append(block)
            state.bytes += block.block.lines.capacity
            while state.bytes > BlockFeed.bytesMax, state.blocks.count > 1, let oldest = state.blocks.popFirst() {
                state.bytes -= oldest.block.lines.capacity
            }
            return state.takeWaiters()
        }
        for waiter in woken { waiter.wake() }
    }

    /// The blocks from the one that holds `position` on, up to about `byteLimit` bytes of lines; empty at the head; nil
    /// when that block is not in memory any more.
    package func blocks(from position: LogPosition, byteLimit: Int) -> [CommittedBlock]? {
        state.withLock { state -> [CommittedBlock]? in
            guard position <= state.head.position else { return [] }
            guard state.holds(position) else { return nil }
            var taken: [CommittedBlock] = []
            var bytes = 0
            for block in state.blocks[state.index(of: position)...] {
                guard bytes < byteLimit || taken.isEmpty else { break }
                taken.append(block)
                bytes += block.block.lines.count
            }
            return taken
        }
    }

    /// Whether `blocks` has what follows `position`, or there is nothing yet; otherwise it is in the log alone.
    package func holds(_ position: LogPosition) -> Bool {
        state.withLock { $0.holds(position) }
    }

    /// The same as a query sees it. Past the head nothing is there to be searched.
    package func page(from position: LogPosition, matching query: BlockQuery, byteLimit: Int) -> BlockPage? {
        guard let blocks = blocks(from: position, byteLimit: byteLimit) else { return nil }
        let matching = query == .everything ? blocks : blocks.filter { query.mayMatch($0.block.labels) }
        return BlockPage(
            blocks: matching,
            through: blocks.last?.block.last ?? LogPosition(position.ordinal - 1),
            skipped: blocks.count - matching.count
        )
    }

    /// Calls `wake` once, as soon as `position` is durable: at once when it is already.
    @discardableResult
    package func whenDurable(_ position: LogPosition, _ wake: @escaping @Sendable () -> Void) -> WaiterID? {
        let id: WaiterID? = state.withLock { state in
            guard position > state.head.position else { return nil }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = Waiter(position: position, wake: wake)
            return state.nextWaiter
        }
        if id == nil { wake() }
        return id
    }

    /// Forgets a waiter; it may just be woken.
    package func cancel(_ id: WaiterID) {
        state.withLock { _ = $0.waiters.removeValue(forKey: id) }
    }
}

extension BlockFeed.State {
    fileprivate func holds(_ position: LogPosition) -> Bool {
        guard position <= head.position else { return true }
        return blocks.first.map { $0.block.first <= position } ?? false
    }

    /// Those whose position is durable now, in the order in which they came.
    fileprivate mutating func takeWaiters() -> [BlockFeed.Waiter] {
        guard !waiters.isEmpty else { return [] }
        let due = waiters.filter { $0.value.position <= head.position }.sorted { $0.key < $1.key }
        for (id, _) in due { waiters.removeValue(forKey: id) }
        return due.map(\.value)
    }

    /// Index of the block that holds `position`, which is held.
    fileprivate func index(of position: LogPosition) -> Int {
        (0..<(blocks.count - 1)).partitionPoint { blocks[$0].block.last < position }
    }
}
