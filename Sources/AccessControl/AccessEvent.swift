package import EventSourcing

/// What the access log holds.
package enum AccessEvent: Hashable, Sendable {
    case tokenCreated(NewToken)
    case tokenRevoked(AccessToken.ID, by: Actor)
    case tokenRefused(RefusedUse)
    /// What followed up to this head was lost. Nobody knows which tokens were revoked there, so all are at their end.
    case logShortened(known: LogHead)
}

/// A token to be: id and secret are drawn outside.
package struct NewToken: Hashable, Sendable {
    package var id: AccessToken.ID
    package var name: String?
    package var role: Role
    package var scope: TokenScope
    package var expires: Timestamp?
    package var secret: SecretDigest
    package var by: Actor

    package init(
        id: AccessToken.ID,
        name: String? = nil,
        role: Role,
        scope: TokenScope,
        expires: Timestamp? = nil,
        secret: SecretDigest,
        by: Actor
    ) {
        (self.id, self.name, self.role, self.scope) = (id, name, role, scope)
        (self.expires, self.secret, self.by) = (expires, secret, by)
    }
}

/// A token that was of no use to whoever showed it, once or many times over.
package struct RefusedUse: Hashable, Sendable {
    package var kind: Kind
    /// How often, at least once.
    package var count: Int64
    /// The first of them, where there were several.
    package var since: Timestamp?

    package init(_ kind: Kind, count: Int64 = 1, since: Timestamp? = nil) {
        (self.kind, self.count, self.since) = (kind, count, since)
    }

    /// What is counted together.
    package struct Kind: Hashable, Sendable {
        /// Where it came from: see `Actor`.
        package var peer: String
        package var reason: Reason
        /// The token that was named, where there is one of this id.
        package var token: AccessToken.ID?

        package init(peer: String, reason: Reason, token: AccessToken.ID? = nil) {
            (self.peer, self.reason, self.token) = (peer, reason, token)
        }
    }

    package enum Reason: String, CaseIterable, Sendable {
        /// There is no such token.
        case unknown
        /// There is one of this id, with another secret.
        case wrong
        case expired, revoked
    }
}
