package import EventSourcing

/// A token as it is known: everything but its secret.
package struct AccessToken: Hashable, Sendable {
    /// Stands in the token's own text and in the audit; says nothing of the secret.
    package typealias ID = String

    package var id: ID
    /// What people call it.
    package var name: String?
    package var role: Role
    package var scope: TokenScope
    /// From when on it is of no use; nil: it does not end by itself.
    package var expires: Timestamp?
    package var secret: SecretDigest
    package var created: Timestamp
    package var createdBy: Actor
    package var revoked: Timestamp?

    /// What a token is worth at some instant.
    package enum Standing: String, Sendable {
        case valid, expired, revoked
    }

    package func standing(at now: Timestamp) -> Standing {
        if revoked != nil { return .revoked }
        guard let expires, expires <= now else { return .valid }
        return .expired
    }

    /// When it came or comes to its end; nil: it does not yet.
    var end: Timestamp? {
        guard let revoked else { return expires }
        return expires.map { min($0, revoked) } ?? revoked
    }
}

/// Who did something: by which token, and from where.
package struct Actor: Hashable, Sendable {
    /// Nil for somebody who needed none.
    package var token: AccessToken.ID?
    /// A network address without its port, or `unix` for the owner at the Unix socket.
    package var peer: String

    package init(token: AccessToken.ID? = nil, peer: String) {
        self.token = token
        self.peer = peer
    }
}
