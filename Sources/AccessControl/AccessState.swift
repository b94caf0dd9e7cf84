package import EventSourcing

/// The tokens, as the access log tells of them.
package struct AccessState: Decider, Sendable {
    package typealias Command = AccessCommand
    package typealias Event = AccessEvent
    package typealias Rejection = AccessRejection

    package private(set) var tokens: [AccessToken.ID: AccessToken] = [:]
    /// Whether there ever was a token. From then on everybody who comes over the network has to show one, for good: that
    /// the last one was revoked, or expired, opens nothing.
    package private(set) var areTokensDemanded = false

    package static let initial = AccessState()

    package func decide(_ command: AccessCommand, at now: Timestamp) throws(AccessRejection) -> [AccessEvent] {
        switch command {
        case .create(let token):
            guard tokens[token.id] == nil else { throw .idTaken }
            guard token.role != .admin || token.scope.isEverything else { throw .adminOfLessThanEverything }
            if let expires = token.expires, expires <= now { throw .expiresInThePast(expires) }
            let valid = tokens.values.count { $0.standing(at: now) == .valid }
            guard valid < AccessPolicy.tokensMax else { throw .tokensFull(max: AccessPolicy.tokensMax) }
            return [.tokenCreated(token)]
        case .revoke(let id, let actor):
            guard let token = tokens[id] else { throw .unknownToken(id) }
            return token.revoked == nil ? [.tokenRevoked(id, by: actor)] : []
        case .report(let refused):
            return [.tokenRefused(refused)]
        case .acceptShorterLog(let known):
            return [.logShortened(known: known)]
        }
    }

    package mutating func evolve(_ event: AccessEvent, at position: LogPosition, time: Timestamp) {
        switch event {
        case .tokenCreated(let token):
            areTokensDemanded = true
            tokens[token.id] = AccessToken(
                id: token.id,
                name: token.name,
                role: token.role,
                scope: token.scope,
                expires: token.expires,
                secret: token.secret,
                created: time,
                createdBy: token.by
            )
            if tokens.count > AccessPolicy.heldTokensMax { forgetFirstEnded(by: time) }
        case .tokenRevoked(let id, _):
            tokens[id]?.revoked = time
        case .tokenRefused:
            break
        case .logShortened:
            // There was one, or there would have been no log.
            areTokensDemanded = true
            for id in tokens.keys where tokens[id]?.revoked == nil { tokens[id]?.revoked = time }
        }
    }

    /// There is one: no more than half of those that are held are valid.
    private mutating func forgetFirstEnded(by time: Timestamp) {
        let ended = tokens.values.filter { $0.standing(at: time) != .valid }
        guard let first = ended.min(by: { ($0.end ?? time, $0.id) < ($1.end ?? time, $1.id) }) else { return }
        tokens[first.id] = nil
    }
}

// MARK: - Judging

extension AccessState {
    /// What a token that was shown is worth.
    package enum Judgement: Hashable, Sendable {
        case accepted(AccessToken)
        /// `token` is known when there is one of the id.
        case refused(RefusedUse.Reason, AccessToken?)
    }

    /// Judges a token by its id and the digest of the secret that came with it. What it takes depends on nothing secret.
    package func judge(_ id: AccessToken.ID, _ secret: SecretDigest, at now: Timestamp) -> Judgement {
        let token = tokens[id]
        let isRight = (token?.secret ?? .ofNobody) == secret
        guard let token else { return .refused(.unknown, nil) }
        guard isRight else { return .refused(.wrong, token) }
        switch token.standing(at: now) {
        case .valid: return .accepted(token)
        case .expired: return .refused(.expired, token)
        case .revoked: return .refused(.revoked, token)
        }
    }

    /// When the next valid token expires; nil: none does.
    package func nextExpiry(after now: Timestamp) -> Timestamp? {
        tokens.values.filter { $0.standing(at: now) == .valid }.compactMap(\.expires).min()
    }
}
