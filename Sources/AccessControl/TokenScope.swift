/// What of the ledger the holder of a token may reach.
package enum TokenScope: Hashable, Sendable {
    case everything
    /// Whole orgs, with all that is in them.
    case orgs([String])
    /// Some workspaces of one org, and nothing of the org but totals.
    case workspaces([String], org: String)

    /// Of nobody.
    package static let nothing = TokenScope.orgs([])

    package var isEverything: Bool {
        if case .everything = self { true } else { false }
    }

    /// Whether it holds the whole org.
    package func covers(org: String) -> Bool {
        switch self {
        case .everything: true
        case .orgs(let orgs): orgs.contains(org)
        case .workspaces: false
        }
    }

    /// Whether it holds the org or something in it.
    package func touches(org: String) -> Bool {
        switch self {
        case .everything: true
        case .orgs(let orgs): orgs.contains(org)
        case .workspaces(_, let own): own == org
        }
    }

    /// Whether it holds what happens in a workspace; nil is what happens in an org outside of all workspaces.
    package func covers(org: String, workspace: String?) -> Bool {
        guard case .workspaces(let workspaces, let own) = self else { return covers(org: org) }
        return own == org && workspace.map(workspaces.contains) == true
    }
}
