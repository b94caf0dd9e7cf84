package import EventSourcing
import LineJSON
package import QuotaDomain

/// An event as a line of the log holds it.
package struct RecordedEvent: Sendable {
    package var position: LogPosition
    package var time: Timestamp
    package var event: QuotaEvent
}

/// A line of the log that is no event this version knows: a damaged log, or one of a newer version.
package struct UnreadableEvent: Error, Sendable, CustomStringConvertible {
    package var position: LogPosition?
    package var reason: String

    package var description: String {
        "the event at position \(position.map(\.description) ?? "?") cannot be read: \(reason)"
    }
}

/// Reads the lines of the log back as events. Keeps its tape and the names it has seen, so reading many lines allocates
/// little.
package struct EventReader: ~Copyable {
    private var lines = LogLineReader()
    private var names = NameCache()

    package init() {}

    /// Reads every line of a block, in order.
    package mutating func read(_ block: Block, _ body: (RecordedEvent) throws -> Void) throws {
        try block.forEachLine { bytes in try body(try read(line: bytes)) }
    }

    /// Reads one line, given without its `\n`.
    package mutating func read(line: UnsafeRawBufferPointer) throws -> RecordedEvent {
        try lines.withLine(line) { line in try EventReader.event(line, names: &names) }
    }

    private static func event(_ line: LogLine, names: inout NameCache) throws(UnreadableEvent) -> RecordedEvent {
        guard let org = names.name(line.org), let type = EventType(line.type) else {
            throw UnreadableEvent(position: line.position, reason: "its type is \(line.type.string() ?? "no string")")
        }
        let workspace = line.workspace.flatMap { names.name($0) }
        guard let body = body(line, of: type, org: org, workspace: workspace, names: &names) else {
            throw UnreadableEvent(position: line.position, reason: "its data is not that of \(type.rawValue)")
        }
        let identity = type == .apiCalled ? nil : EventData(line.data).identity(org: org, workspace: workspace)
        let event = QuotaEvent(org: org, workspace: workspace, body, identity: identity)
        return RecordedEvent(position: line.position, time: line.time, event: event)
    }

    private static func body(
        _ line: LogLine,
        of type: EventType,
        org: String,
        workspace: String?,
        names: inout NameCache
    ) -> QuotaEvent.Body? {
        guard type == .apiCalled else { return EventData(line.data).body(of: type) }
        return CallData.read(line.data, org: org, workspace: workspace, names: &names).map { .apiCalled($0) }
    }
}

extension EventType {
    /// The type that a JSON string names; the most frequent one is compared as bytes.
    init?(_ view: JSONView) {
        if view.equals("api.called") {
            self = .apiCalled
        } else {
            guard let name = view.string(), let type = EventType(rawValue: name) else { return nil }
            self = type
        }
    }
}
