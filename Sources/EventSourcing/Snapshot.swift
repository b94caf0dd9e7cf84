/// A state of the log at one position that certifies itself.
///
/// It is used only when the log's chain hash at `position` is `chainHash`, the version is the reader's own, and `stateHash`
/// is the SHA-256 of the body.
public struct Snapshot: Sendable {
    /// The last event that the state holds.
    public var position: LogPosition
    /// `time` of the event at `position`.
    public var time: Timestamp
    /// The log's chain hash after `position`, 64 hexadecimal digits.
    public var chainHash: String
    /// The version of the state's encoding.
    public var version: Int
    /// SHA-256 of `body`, 64 hexadecimal digits.
    public var stateHash: String
    /// The encoded state.
    public var body: [UInt8]

    /// Made of its parts.
    public init(
        position: LogPosition,
        time: Timestamp,
        chainHash: String,
        version: Int,
        stateHash: String,
        body: [UInt8]
    ) {
        self.position = position
        self.time = time
        self.chainHash = chainHash
        self.version = version
        self.stateHash = stateHash
        self.body = body
    }
}
