import AccessControl
import EventSourcing
import LineJSON
import LineProtocol
import QuotaDomain

/// What requests may do, and by whose leave. An object: every request refers to one.
final class AccessGrant: Sendable {
    let role: Role
    let scope: TokenScope
    let holder: Holder
    /// Where the holder is; see `Actor`.
    let peer: String
    /// Whether it may do everything, so that nothing else has to be looked at.
    let isUnlimited: Bool

    enum Holder: Hashable, Sendable {
        /// Nobody in particular: no tokens are demanded.
        case anybody
        /// Whoever may open the Unix socket: the server's own user.
        case owner
        case token(AccessToken.ID, expires: Timestamp?)
        /// Somebody who has not shown a token: good for the methods that are anybody's.
        case stranger
    }

    private init(_ role: Role, _ scope: TokenScope, _ holder: Holder, peer: String) {
        (self.role, self.scope, self.holder, self.peer) = (role, scope, holder, peer)
        isUnlimited = role == .admin && scope.isEverything
    }

    static func everything(_ holder: Holder, peer: String) -> AccessGrant {
        AccessGrant(.admin, .everything, holder, peer: peer)
    }

    static func stranger(peer: String) -> AccessGrant { AccessGrant(.reader, .nothing, .stranger, peer: peer) }

    init(_ token: AccessToken, peer: String) {
        (role, scope) = (token.role, token.scope)
        (holder, self.peer) = (.token(token.id, expires: token.expires), peer)
        isUnlimited = role == .admin && scope.isEverything
    }

    /// As events name it.
    var actor: Actor {
        guard case .token(let id, _) = holder else { return Actor(peer: peer) }
        return Actor(token: id, peer: peer)
    }
}

// MARK: - The check

/// Whether a grant holds what a request reaches. Every request comes through here, by way of the router, and nothing else
/// decides about access. What is refused is refused alike whether it exists or not.
extension AccessGrant {
    /// Before anything of the parameters is looked at.
    func admit(_ role: Role) throws(RPCError) {
        guard self.role < role else { return }
        throw RPCError(
            .permissionDenied,
            "this takes the role \(role.rawValue), and the token has \(self.role.rawValue)",
            reason: "ROLE_TOO_LOW"
        ).with("role", role.rawValue)
    }

    /// Parameters that were found to be what the method wants.
    func admit(_ arguments: Arguments) throws(RPCError) {
        guard !scope.isEverything else { return }
        switch arguments.definition.access.scope {
        // The calls of a request are admitted once they are read; lists are cut by who makes them.
        case .nothing, .orgs, .calls: break
        case .everything: throw AccessGrant.outOfScope(field: nil)
        case .org: guard scope.covers(org: arguments.text("org")) else { throw AccessGrant.outOfScope(field: "org") }
        case .totals:
            guard scope.touches(org: arguments.text("org")) else { throw AccessGrant.outOfScope(field: "org") }
        case .workspace: try admit(org: arguments.text("org"), workspace: arguments.optionalText("workspace"))
        case .events: try admitFilters(arguments)
        }
    }

    /// Calls that a request wants to record.
    func admit(_ calls: Range<Int>, as form: CallForm, of burst: borrowing BurstBuilder) throws(RPCError) {
        guard !scope.isEverything else { return }
        let outside = burst.firstCall(in: calls) { !covers($0, in: form) }
        guard let (index, caller) = outside else { return }
        let field = form == .imported || !scope.touches(org: caller.org) ? "org" : "workspace"
        throw AccessGrant.outOfScope(field: form == .batch ? "calls[\(index)].\(field)" : field)
    }

    private func covers(_ caller: Caller, in form: CallForm) -> Bool {
        form == .imported ? scope.covers(org: caller.org) : scope.covers(org: caller.org, workspace: caller.workspace)
    }

    private func admit(org: String, workspace: String?) throws(RPCError) {
        guard scope.touches(org: org) else { throw AccessGrant.outOfScope(field: "org") }
        guard scope.covers(org: org, workspace: workspace) else { throw AccessGrant.outOfScope(field: "workspace") }
    }

    /// What is named must be held; what is not named is cut to what is held.
    private func admitFilters(_ arguments: Arguments) throws(RPCError) {
        if let org = arguments.optionalText("org"), !scope.touches(org: org) {
            throw AccessGrant.outOfScope(field: "org")
        }
        if let workspace = arguments.optionalText("workspace"), case .workspaces(let own, _) = scope,
            !own.contains(workspace)
        {
            throw AccessGrant.outOfScope(field: "workspace")
        }
    }

    private static func outOfScope(field: String?) -> RPCError {
        RPCError(
            .permissionDenied,
            field.map { "\($0) is not, or not wholly, in the scope of the token" }
                ?? "this concerns the whole server, and the scope of the token is less",
            reason: "OUT_OF_SCOPE",
            field: field
        )
    }
}

// MARK: - Telling

extension JSONWriter {
    /// `orgs` is null for everything, `workspaces` for whole orgs.
    mutating func members(of scope: TokenScope) {
        switch scope {
        case .everything:
            memberNull("orgs")
            memberNull("workspaces")
        case .orgs(let orgs):
            member("orgs", orgs)
            memberNull("workspaces")
        case .workspaces(let workspaces, let org):
            member("orgs", [org])
            member("workspaces", workspaces)
        }
    }
}
