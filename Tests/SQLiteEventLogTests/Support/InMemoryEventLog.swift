import EventSourcing
import Synchronization

/// An event log that lives in memory, for tests: the same contract as a durable one, without the durability.
final class InMemoryEventLog: EventLog {
    private let blocks = Mutex<[CommittedBlock]>([])
    private let hexadecimalSHA256: @Sendable ([UInt8]) -> String

    /// Creates an empty log.
    ///
    /// - Parameter hexadecimalSHA256: SHA-256 in lowercase hexadecimal; this module imports no cryptography.
    init(hexadecimalSHA256: @escaping @Sendable ([UInt8]) -> String) {
        self.hexadecimalSHA256 = hexadecimalSHA256
    }

    /// Appends the block in memory.
    func append(_ block: Block, expecting head: LogHead) throws -> CommittedBlock {
        try blocks.withLock { blocks in
            let actual = InMemoryEventLog.head(of: blocks)
            guard actual == head else { throw EventLogError.unexpectedHead(expected: head, actual: actual) }
            precondition(block.first == actual.position.next, "a block begins right behind the head")
            precondition(
                block.count > 0 && block.timeFirst <= block.timeLast,
                "a block has events in the order of time"
            )
            precondition(block.lines.last == UInt8(ascii: "\n"), "every line of a block is ended")
            let committed = CommittedBlock(block: block, hash: hexadecimalSHA256(Array(actual.hash.utf8) + block.lines))
            blocks.append(committed)
            return committed
        }
    }

    /// The last position and the chain hash.
    func head() -> LogHead {
        blocks.withLock { InMemoryEventLog.head(of: $0) }
    }

    /// The blocks that hold `position` and what follows.
    func read(from position: LogPosition, byteLimit: Int) -> [CommittedBlock] {
        blocks.withLock { blocks in
            var found: [CommittedBlock] = []
            var bytes = 0
            for block in blocks.drop(while: { $0.block.last < position }) {
                guard bytes < byteLimit || found.isEmpty else { break }
                found.append(block)
                bytes += block.block.lines.count
            }
            return found
        }
    }

    private static func head(of blocks: [CommittedBlock]) -> LogHead {
        blocks.last.map { LogHead(position: $0.block.last, hash: $0.hash) } ?? .empty
    }
}
