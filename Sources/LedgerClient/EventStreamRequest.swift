import LineJSON

/// Which events a stream is to carry.
public struct EventStreamRequest: Hashable, Sendable {
    /// Where a stream begins.
    public enum Start: Hashable, Sendable {
        /// With the event at this position.
        case position(Int64)
        /// With the first event that is held.
        case start
        /// Behind the last event.
        case end
        /// With the first event at or after this instant, as RFC 3339 text.
        case time(String)
    }

    /// Where the stream begins.
    public var from: Start
    /// Only events of this org.
    public var org: String?
    /// Only events of this workspace.
    public var workspace: String?
    /// Only events whose type begins with this.
    public var type: String?
    /// How often the server says that it is alive when it has nothing else to say; nil: as often as it likes.
    public var heartbeatMilliseconds: Int64?
    /// Whether control lines for the blocks of the hash chain are wanted; not together with filters.
    public var blocks: Bool

    /// All events from a start, unless filtered.
    public init(
        from: Start = .end,
        org: String? = nil,
        workspace: String? = nil,
        type: String? = nil,
        heartbeatMilliseconds: Int64? = nil,
        blocks: Bool = false
    ) {
        self.from = from
        self.org = org
        self.workspace = workspace
        self.type = type
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.blocks = blocks
    }

    func params() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { params in
            switch from {
            case .position(let position): params.member("from", position)
            case .start: params.member("from", "start" as StaticString)
            case .end: params.member("from", "end" as StaticString)
            case .time(let instant): params.member("from", instant)
            }
            if let org { params.member("org", org) }
            if let workspace { params.member("workspace", workspace) }
            if let type { params.member("type", type) }
            if let heartbeatMilliseconds { params.member("heartbeat_ms", heartbeatMilliseconds) }
            if blocks { params.member("blocks", true) }
        }
        return writer.take()
    }
}
