import EventSourcing
import LedgerService
import SQLiteEventLog

/// What a ledger said was durable, over all its restarts.
struct Witness {
    /// From position 1 on.
    private(set) var blocks: [CommittedBlock] = []
    /// Names of backups that were said to be complete.
    var backups: [String] = []

    private var next: LogPosition { blocks.last?.block.last.next ?? LogPosition(1) }

    /// Takes what was published since. A block is published when it is durable, before any answer about it leaves.
    mutating func take(from feed: BlockFeed) {
        blocks += feed.blocks(from: next, byteLimit: .max) ?? []
    }

    /// Compares the log after a restart with what it was, and goes on from what it is. Returns what is wrong.
    mutating func compare(with log: SQLiteEventLog) throws -> [String] {
        let firstHeld = try log.firstHeld()
        var problems: [String] = []
        let dropped = blocks.prefix { $0.block.first < firstHeld }
        if let last = dropped.last, try log.hash(after: last.block.last) != last.hash {
            problems.append("what was dropped up to position \(last.block.last) has another hash")
        }
        var found = try log.blocks(from: firstHeld)[...]
        for block in blocks[dropped.endIndex...] {
            guard let same = found.popFirst(), same.isSame(as: block) else {
                problems.append("the block at position \(block.block.first) is gone or another one")
                break
            }
        }
        // One may have been on its way.
        if found.count > 1 { problems.append("\(found.count) blocks were never published") }
        blocks += found
        return problems
    }

    /// Whether a backup's head is one that the ledger had.
    func holds(_ head: LogHead) -> Bool {
        head == .empty || blocks.contains { $0.block.last == head.position && $0.hash == head.hash }
    }
}

extension CommittedBlock {
    fileprivate func isSame(as other: CommittedBlock) -> Bool {
        hash == other.hash && block.first == other.block.first && block.count == other.block.count
            && block.timeFirst == other.block.timeFirst && block.timeLast == other.block.timeLast
            && block.lines == other.block.lines
    }
}

extension SQLiteEventLog {
    /// All that the log holds from there on.
    func blocks(from first: LogPosition) throws -> [CommittedBlock] {
        var blocks: [CommittedBlock] = []
        var next = first
        while case let read = try read(from: next, byteLimit: 1 << 20), let last = read.last {
            blocks += read
            next = last.block.last.next
        }
        return blocks
    }
}
