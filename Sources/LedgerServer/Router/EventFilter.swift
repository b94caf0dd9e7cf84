import EventSourcing
import LedgerService
import LineJSON

/// Which events a reader wants. Nil is any.
struct EventFilter: Hashable, Sendable {
    var org: String?
    var workspace: String?
    /// The beginning of the type, such as `bulk_sync.`.
    var typePrefix: String?

    /// Whether every event passes: then lines need not be looked at.
    var isEmpty: Bool { org == nil && workspace == nil && typePrefix == nil }

    /// The blocks that may hold such events.
    var blocks: BlockQuery { BlockQuery(org: org, workspace: workspace, typePrefix: typePrefix) }

    /// Whether a line of the log, given without its `\n`, passes. Throws `UnreadableEvent`.
    func matches(_ line: UnsafeRawBufferPointer, reader: inout LogLineReader) throws -> Bool {
        if isEmpty { return true }
        return try reader.withLine(line) { matches($0) }
    }

    private func matches(_ line: LogLine) -> Bool {
        if let org, !line.org.hasText(org) { return false }
        if let workspace, line.workspace?.hasText(workspace) != true { return false }
        guard let typePrefix else { return true }
        return line.type.withText { $0.starts(with: typePrefix.utf8) } ?? false
    }
}
