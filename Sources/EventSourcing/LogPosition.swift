/// An event's place in the log: 1, 2, 3 … without gaps. Position 0 stands before the first event.
public struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The ordinal of the event, counted from 1; 0 before the first event.
    public var ordinal: Int64

    /// The place with this ordinal.
    public init(_ ordinal: Int64) {
        self.ordinal = ordinal
    }

    /// Where an empty log stands.
    public static let beforeFirst = LogPosition(0)

    /// No event stands behind it.
    public static let last = LogPosition(.max)

    /// The place directly behind.
    public var next: LogPosition { LogPosition(ordinal + 1) }

    /// Whether the left one comes before the right one.
    public static func < (left: LogPosition, right: LogPosition) -> Bool { left.ordinal < right.ordinal }

    /// The place `count` events further on.
    public func advanced(by count: Int) -> LogPosition { LogPosition(ordinal + Int64(count)) }

    /// The text form.
    public var description: String { String(ordinal) }
}
