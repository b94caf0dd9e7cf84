package import EventSourcing

/// What readers pick events by: their type, their org and, where they have one, their workspace.
enum EventLabels {
    static func labels(_ type: EventType, org: String, workspace: String?) -> [BlockLabel] {
        let labels = [BlockLabel(.type, type.rawValue), BlockLabel(.org, org)]
        guard let workspace else { return labels }
        return labels + [BlockLabel(.workspace, workspace)]
    }
}

extension BlockQuery {
    /// Blocks that may hold events of an org, of a workspace of that name, and of a type that begins so; nil is any.
    package init(org: String? = nil, workspace: String? = nil, typePrefix: String? = nil) {
        self.init()
        if let org { groups.append([BlockLabel(.org, org)]) }
        if let workspace { groups.append([BlockLabel(.workspace, workspace)]) }
        if let typePrefix { groups += [BlockQuery.types(beginningWith: typePrefix)].filter { !$0.isEmpty } }
    }

    /// None where no type that is known begins so: what a newer version may have written cannot be passed over.
    private static func types(beginningWith prefix: String) -> [BlockLabel] {
        EventType.allCases.filter { $0.rawValue.hasPrefix(prefix) }.map { BlockLabel(.type, $0.rawValue) }
    }
}
