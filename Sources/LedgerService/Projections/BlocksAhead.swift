import DequeModule
import EventSourcing
import Foundation

/// Reads a log on a thread of its own, a little ahead of who takes the blocks, so that inflating and hashing go on
/// beside folding.
///
/// `@unchecked` because the compiler cannot see that the condition guards what is variable.
final class BlocksAhead: @unchecked Sendable {
    typealias Read = @Sendable (LogPosition) throws -> [CommittedBlock]

    /// Reads that may wait to be taken. One is enough to keep both threads busy, one more evens out their pace.
    private static let readsMax = 2

    private let read: Read
    private let condition = NSCondition()
    private var waiting: Deque<Result<[CommittedBlock], any Error>> = []
    private var isStopping = false
    private var hasEnded = false

    /// Begins to read from `position` on with `read`, until that gives nothing or fails.
    init(from position: LogPosition, read: @escaping Read) {
        self.read = read
        let thread = Thread { [self] in run(from: position) }
        thread.name = "ledgerline.ahead"
        thread.stackSize = ServiceThreads.stackBytes
        thread.start()
    }

    /// What follows in the log; nil when there is no more. Blocks its thread until it was read.
    func next() throws -> [CommittedBlock]? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty && !hasEnded { condition.wait() }
        let next = waiting.popFirst()
        condition.broadcast()
        return try next?.get()
    }

    /// Returns when nothing is read any more. To be called in the end, also behind an error.
    func stop() {
        condition.lock()
        isStopping = true
        condition.broadcast()
        while !hasEnded { condition.wait() }
        condition.unlock()
    }

    private func run(from position: LogPosition) {
        var next: LogPosition? = position
        while let position = next {
            let blocks = Result { try read(position) }
            next = (try? blocks.get())?.last?.block.last.next
            if !handOver(blocks) { break }
        }
        condition.lock()
        hasEnded = true
        condition.broadcast()
        condition.unlock()
    }

    /// Waits for room; false when nobody wants more.
    private func handOver(_ blocks: Result<[CommittedBlock], any Error>) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while waiting.count >= BlocksAhead.readsMax && !isStopping { condition.wait() }
        waiting.append(blocks)
        condition.broadcast()
        return !isStopping
    }
}
