/// One line of an event stream.
public enum StreamLine: Hashable, Sendable {
    /// An event.
    case event(EventLine)
    /// What the server says about the stream.
    case control(ControlLine)
}

/// An event as it stands in the log.
public struct EventLine: Hashable, Sendable {
    /// Its place in the log.
    public var position: Int64
    /// The JSON text, byte for byte, without the line's end.
    public var bytes: [UInt8]

    /// An event with this text.
    public init(position: Int64, bytes: [UInt8]) {
        self.position = position
        self.bytes = bytes
    }
}

/// A control line, such as `{"control":"caught_up","position":42}`.
public struct ControlLine: Hashable, Sendable {
    /// `streaming`, `caught_up`, `heartbeat`, `block` or `closing`.
    public var name: String
    /// `position`, or `from` of a `streaming` line; nil where the line has neither.
    public var position: Int64?
    /// The JSON text, without the line's end.
    public var bytes: [UInt8]

    /// A control line with this text.
    public init(name: String, position: Int64?, bytes: [UInt8]) {
        self.name = name
        self.position = position
        self.bytes = bytes
    }
}
