import EventSourcing
import LedgerService
import QuotaDomain

@testable import SQLiteEventLog
@testable import SQLiteEventLogTests

/// What survives a crash: the log and its snapshots, in memory, with the faults of a disk.
///
/// `@unchecked` because a simulation has one thread.
final class SimulatedDisk: @unchecked Sendable {
    /// What becomes of the next append.
    enum Fault {
        /// It fails, and the block is on the disk all the same, or is not.
        case refusal(isKept: Bool)
    }

    var fault: Fault?
    /// What the server did and must not do.
    private(set) var complaint: String?
    private(set) var refusals = 0

    private var log = SimulatedDisk.emptyLog()
    private var blocks: [CommittedBlock] = []
    /// The lines of all events, position 1 first, and the workspace that each names.
    private(set) var lines: [EventLine] = []
    private var snapshots: [StoredState] = []
    /// The log refused since the last start.
    private var hasRefused = false
    /// Blocks at the end that a mutant has not made durable.
    private var blocksInDoubt = 0
    private var isRecovering = false
    private let mutant: Mutant?

    struct EventLine {
        /// Without its `\n`.
        var bytes: [UInt8]
        var workspace: String?
        var time: Timestamp
    }

    private struct StoredState {
        var info: SnapshotInfo
        var body: [UInt8]
    }

    init(mutant: Mutant?) {
        self.mutant = mutant
    }

    private static func emptyLog() -> InMemoryEventLog {
        InMemoryEventLog { ChainHash.digest(of: $0) }
    }

    /// The last event that no crash takes away.
    var durable: Int64 { blocks.dropLast(blocksInDoubt).last?.block.last.ordinal ?? 0 }

    /// The hash of the block that ends there, if one does.
    func hash(of block: ClosedRange<Int64>) -> String? {
        blocks.first { $0.block.first.ordinal == block.lowerBound && $0.block.last.ordinal == block.upperBound }?.hash
    }

    /// What a crash does to it.
    func crash() {
        var lost = blocksInDoubt
        if mutant == .loseABlockAtCrash { lost = min(1, blocks.count) }
        if lost > 0 { cut(blocks: lost) }
        (fault, hasRefused, blocksInDoubt) = (nil, false, 0)
    }

    /// Lends itself to a start.
    func recovering<Result>(_ body: () throws -> Result) rethrows -> Result {
        isRecovering = true
        defer { isRecovering = false }
        return try body()
    }

    private func cut(blocks count: Int) {
        let kept = blocks.dropLast(count)
        (log, blocks, lines) = (SimulatedDisk.emptyLog(), [], [])
        for block in kept { _ = try? store(block.block, expecting: log.head()) }
        snapshots.removeAll { $0.info.position > log.head().position }
    }

    private func store(_ block: Block, expecting head: LogHead) throws -> CommittedBlock {
        let committed = try log.append(block, expecting: head)
        blocks.append(committed)
        for line in block.lines.split(separator: UInt8(ascii: "\n")) {
            lines.append(SimulatedDisk.eventLine(line))
        }
        return committed
    }

    private static func eventLine(_ line: ArraySlice<UInt8>) -> EventLine {
        let text = String(decoding: line, as: UTF8.self)
        func member(_ name: String) -> String? {
            guard let start = text.firstRange(of: "\"\(name)\":\"")?.upperBound else { return nil }
            return String(text[start...].prefix { $0 != "\"" })
        }
        guard let time = member("time").flatMap({ Timestamp($0) }) else { preconditionFailure("an event has a time") }
        return EventLine(bytes: Array(line), workspace: member("workspace"), time: time)
    }
}

extension SimulatedDisk: StateLog {
    func append(_ block: Block, expecting head: LogHead) throws -> CommittedBlock {
        if hasRefused {
            complaint = "the log was appended to after it had refused"
            throw EventLogError.storage("refused before")
        }
        if case .refusal(let isKept) = fault {
            fault = nil
            refusals += 1
            if mutant == .takeRefusalForSuccess { return CommittedBlock.uncommitted(block, behind: head) }
            hasRefused = true
            if isKept { _ = try store(block, expecting: head) }
            throw EventLogError.storage("disk I/O error")
        }
        let committed = try store(block, expecting: head)
        blocksInDoubt = mutant == .answerBeforeDurable ? 1 : 0
        return committed
    }

    func head() -> LogHead { log.head() }

    func read(from position: LogPosition, byteLimit: Int) -> [CommittedBlock] {
        let read = log.read(from: position, byteLimit: byteLimit)
        guard isRecovering else { return read }
        switch mutant {
        case .forgetIDsAtRestart: return read.map { $0.replacing(#","id":""#, by: #","ix":""#) }
        case .countDifferentlyAfterRestart: return read.map { $0.replacing(#""calls":"#, by: #""calls":1"#) }
        default: return read
        }
    }

    func read(from position: LogPosition, matching query: BlockQuery, byteLimit: Int) -> BlockPage {
        let read = read(from: position, byteLimit: byteLimit)
        let matching = read.filter { query.mayMatch($0.block.labels) }
        return BlockPage(
            blocks: matching,
            through: read.last?.block.last ?? LogPosition(position.ordinal - 1),
            skipped: read.count - matching.count
        )
    }

    func hash(after position: LogPosition) -> String? {
        if position == .beforeFirst { return LogHead.empty.hash }
        return blocks.first { $0.block.last == position }?.hash
    }

    func firstHeld() -> LogPosition { LogPosition(1) }

    func firstPosition(atOrAfter instant: Timestamp) -> LogPosition {
        for block in blocks where block.block.timeLast >= instant { return block.block.first }
        return log.head().position.next
    }

    // MARK: Snapshots

    func save(_ captured: CapturedState, resting rest: () -> Void) -> SavedBody {
        var body = captured.takeState().encode()
        if mutant == .snapshotOfTheStateBefore { body = snapshots.last?.body ?? QuotaState.initial.encode() }
        let info = SnapshotInfo(
            position: captured.head.position,
            time: captured.time,
            version: QuotaState.encodingVersion,
            size: body.count,
            setAside: nil
        )
        snapshots.append(StoredState(info: info, body: body))
        return SavedBody(size: body.count, stateHash: ChainHash.digest(of: body))
    }

    func newestGoodState(atOrBefore limit: LogPosition?) -> DecodedSnapshot<Result<QuotaState, any Error>> {
        var search = DecodedSnapshot<Result<QuotaState, any Error>>()
        // These are about what is read from the log.
        if mutant == .forgetIDsAtRestart || mutant == .countDifferentlyAfterRestart { return search }
        guard let newest = snapshots.last(where: { $0.info.position <= limit ?? .last }) else { return search }
        var parts = [newest.body][...]
        search.info = newest.info
        search.content = Result { try QuotaState(decodingParts: { parts.popFirst() }) }
        return search
    }

    func pruneSnapshots(keeping count: Int) {
        snapshots.removeFirst(max(0, snapshots.count - count))
    }
}

extension CommittedBlock {
    /// What an append would have returned.
    fileprivate static func uncommitted(_ block: Block, behind head: LogHead) -> CommittedBlock {
        CommittedBlock(block: block, hash: ChainHash.next(after: head.hash, lines: block.lines))
    }

    /// The same with another text in all its lines.
    fileprivate func replacing(_ text: String, by other: String) -> CommittedBlock {
        var changed = self
        changed.block.lines = Array(
            String(decoding: block.lines, as: UTF8.self).replacing(text, with: other).utf8
        )
        return changed
    }
}
