import AccessControl
import EventSourcing
import LedgerService
import LineJSON

/// Which events a reader wants. Nil is any.
struct EventFilter: Hashable, Sendable {
    var org: String?
    var workspace: String?
    /// The beginning of the type, such as `bulk_sync.`.
    var typePrefix: String?
    /// What the reader may see at all.
    var scope = TokenScope.everything

    /// Whether every event passes: then lines need not be looked at.
    var isEmpty: Bool { org == nil && workspace == nil && typePrefix == nil && scope.isEverything }

    /// The blocks that may hold such events.
    var blocks: BlockQuery {
        var query = BlockQuery(org: org, workspace: workspace, typePrefix: typePrefix)
        switch scope {
        case .everything: break
        case .orgs(let orgs): query.groups.append(orgs.map { BlockLabel(.org, $0) })
        case .workspaces(let workspaces, let org):
            query.groups += [[BlockLabel(.org, org)], workspaces.map { BlockLabel(.workspace, $0) }]
        }
        return query
    }

    /// Whether a line of the log, given without its `\n`, passes. Throws `UnreadableEvent`.
    func matches(_ line: UnsafeRawBufferPointer, reader: inout LogLineReader) throws -> Bool {
        if isEmpty { return true }
        return try reader.withLine(line) { matches($0) }
    }

    private func matches(_ line: LogLine) -> Bool {
        guard scope.covers(line) else { return false }
        if let org, !line.org.hasText(org) { return false }
        if let workspace, line.workspace?.hasText(workspace) != true { return false }
        guard let typePrefix else { return true }
        return line.type.withText { $0.starts(with: typePrefix.utf8) } ?? false
    }
}

extension TokenScope {
    /// As `covers(org:workspace:)`, on the bytes of a line.
    fileprivate func covers(_ line: LogLine) -> Bool {
        switch self {
        case .everything: true
        case .orgs(let orgs): orgs.contains { line.org.hasText($0) }
        case .workspaces(let workspaces, let org):
            line.org.hasText(org) && line.workspace.map { name in workspaces.contains { name.hasText($0) } } == true
        }
    }
}
