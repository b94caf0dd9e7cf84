/// The head of a log: the last position and the hash of the chain up to it.
public struct LogHead: Hashable, Sendable {
    /// Position of the last event; `.beforeFirst` when the log is empty.
    public var position: LogPosition
    /// Chain hash after that event's block: 64 lowercase hexadecimal digits; 64 zeros when the log is empty.
    public var hash: String

    /// Made of its parts.
    public init(position: LogPosition, hash: String) {
        self.position = position
        self.hash = hash
    }

    /// The head of an empty log.
    public static let empty = LogHead(position: .beforeFirst, hash: String(repeating: "0", count: 64))
}

/// The events of one durable commit, as the lines that are stored, streamed and hashed.
public struct Block: Sendable {
    /// Position of the first event.
    public var first: LogPosition
    /// How many events; at least 1.
    public var count: Int
    /// `time` of the first event; times never decrease along the log.
    public var timeFirst: Timestamp
    /// `time` of the last event.
    public var timeLast: Timestamp
    /// `count` lines of JSON, each ended by one `\n`.
    public var lines: [UInt8]
    /// What the events can be picked by, and perhaps more.
    public var labels: BlockLabels

    /// Made of its parts.
    public init(
        first: LogPosition,
        count: Int,
        timeFirst: Timestamp,
        timeLast: Timestamp,
        lines: [UInt8],
        labels: BlockLabels = .anything
    ) {
        self.first = first
        self.count = count
        self.timeFirst = timeFirst
        self.timeLast = timeLast
        self.lines = lines
        self.labels = labels
    }

    /// Position of the last event.
    public var last: LogPosition { first.advanced(by: count - 1) }
}

/// A block that is durable, with the chain hash that it ends in: SHA-256(hash of the block before, as its 64 hexadecimal
/// characters, followed by the lines), written in lowercase hexadecimal.
public struct CommittedBlock: Sendable {
    /// The block as it was appended.
    public var block: Block
    /// The chain hash behind it.
    public var hash: String

    /// Made of its parts.
    public init(block: Block, hash: String) {
        self.block = block
        self.hash = hash
    }
}

/// Why a log refused.
public enum EventLogError: Error, Equatable {
    /// Somebody else appended: the log's head is not the expected one.
    case unexpectedHead(expected: LogHead, actual: LogHead)
    /// The bodies before `firstHeld` were dropped by retention.
    case outOfRange(firstHeld: LogPosition)
    /// What is stored is not what was appended.
    case damaged(at: LogPosition, reason: String)
    /// The storage refused: disk full, I/O error, file locked by another process.
    case storage(String)

    /// Words of a `.damaged`, behind the name of what is damaged: `is damaged at position 7: …`.
    public static func wordsOfDamage(at position: LogPosition, _ reason: String) -> String {
        // Before the first event there is no position to name.
        position == .beforeFirst ? "is damaged: \(reason)" : "is damaged at position \(position): \(reason)"
    }
}

/// An append-only log of blocks.
///
/// Fits a local database and a replicated log alike: a block is one message, appended only onto the expected head.
public protocol EventLog: Sendable {
    /// Makes one block durable behind `head` and returns it with its hash. When this returns, the block survives power
    /// loss; when it throws, the caller must assume nothing and stop appending.
    func append(_ block: Block, expecting head: LogHead) throws -> CommittedBlock

    /// The last position and the chain hash.
    func head() throws -> LogHead

    /// The blocks that hold `position` and what follows, in order, as they were committed, up to about `byteLimit` bytes of
    /// lines (at least one block when there is any). The first block may begin before `position`. Empty past the head.
    /// Throws `.outOfRange` when the position was dropped by retention, `.damaged` when a body does not check out.
    func read(from position: LogPosition, byteLimit: Int) throws -> [CommittedBlock]
}
