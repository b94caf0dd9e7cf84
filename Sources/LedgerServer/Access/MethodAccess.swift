import AccessControl

/// Who may call a method, and on what. Part of its definition: there is no method without it.
struct MethodAccess: Hashable, Sendable {
    /// The least role; nil: anybody, without a token too.
    let role: Role?
    let scope: MethodScope

    init(_ role: Role, _ scope: MethodScope) {
        (self.role, self.scope) = (role, scope)
    }

    private init() {
        (role, scope) = (nil, .nothing)
    }

    /// What has to be answered before a client could say who it is, and what tells nothing of the ledger.
    static let anybody = MethodAccess()
}

/// What a method reaches, and so what the scope of a token must hold.
enum MethodScope: String, CaseIterable, Sendable {
    /// Nothing of any org.
    case nothing
    /// The whole server.
    case everything
    /// All of the org that `org` names.
    case org
    /// Totals of the org that `org` names: of use to whoever holds something in it.
    case totals
    /// The workspace that `org` and `workspace` name. Who holds only workspaces has to name one.
    case workspace
    /// What every recorded call names.
    case calls
    /// Events: `org` and `workspace` are filters, and what the scope does not hold is filtered out besides.
    case events
    /// A list of orgs: those in which the scope holds something.
    case orgs
}

extension MethodScope {
    /// For people, behind "on".
    var words: String {
        switch self {
        case .nothing: "anything"
        case .everything: "everything"
        case .org: "the whole org"
        case .totals: "the org or a workspace of it"
        case .workspace: "the workspace"
        case .calls: "the org or workspace of every call"
        case .events: "the org or workspace, where one is named; other events are left out"
        case .orgs: "the orgs; others are left out"
        }
    }
}
