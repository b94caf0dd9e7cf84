import AccessControl
import LedgerService
import LineJSON
import LineProtocol
import NIOCore

/// Who speaks on a connection, and so what each of its requests may do. Lives on the connection's event loop.
///
/// What a token is worth is remembered until something about any token changes: then, and when the token expires, it is
/// looked at again, before the next request.
final class ConnectionAccess {
    /// How the connection came.
    enum Transport: Sendable {
        case tcp
        /// The socket's mode lets only the server's own user in.
        case unix
    }

    private let service: AccessService
    private let areTokensRequired: Bool
    private let uselessTokensMax: Int
    private let transport: Transport
    private var peer: String

    /// What `auth` gave, or did not.
    private var shown = Shown.nothing
    private var own: Standing
    /// The token that last stood beside `params`, and what it gave.
    private var beside: (text: [UInt8], standing: Standing)?
    /// Tokens of no use that were shown on the connection.
    private var uselessTokens = 0
    /// Of the access service, when `own` and `beside` were judged.
    private var generation: UInt64 = 0

    private enum Shown {
        case nothing
        case token(AccessToken.ID)
        /// Whoever shows a token that is of no use is not taken for one who shows none.
        case uselessToken
    }

    /// Either a grant, or a stranger and what to tell them. An object: it is looked at for every request.
    private final class Standing {
        let grant: AccessGrant
        let refusal: RPCError?

        init(_ grant: AccessGrant, refusal: RPCError? = nil) {
            (self.grant, self.refusal) = (grant, refusal)
        }
    }

    init(_ service: AccessService, areTokensRequired: Bool, uselessTokensMax: Int, _ transport: Transport) {
        (self.service, self.transport) = (service, transport)
        (self.areTokensRequired, self.uselessTokensMax) = (areTokensRequired, uselessTokensMax)
        peer = transport == .unix ? "unix" : "tcp"
        own = Standing(.stranger(peer: peer), refusal: ConnectionAccess.tokenRequired)
    }

    /// The connection is there.
    func connected(from address: SocketAddress?) {
        if transport == .tcp, let address = address?.ipAddress { peer = address }
        generation = 0
    }

    /// What a request may do that has this token beside its parameters, nil for none. Throws when it may not do this much.
    @inline(__always)
    func grant(_ token: JSONView?, for access: MethodAccess) throws(RPCError) -> AccessGrant {
        if generation != service.generation { forget() }
        let standing = token == nil ? ownStanding() : try standing(beside: token)
        guard let role = access.role else { return standing.grant }
        if let refusal = standing.refusal { throw refusal }
        if !standing.grant.isUnlimited { try standing.grant.admit(role) }
        return standing.grant
    }

    /// Whether a reader that was granted may go on.
    func isStillGood(_ grant: AccessGrant) -> Bool {
        switch grant.holder {
        case .anybody: !areTokensDemanded
        case .owner: true
        case .token(let id, _): service.token(id)?.standing(at: service.now) == .valid
        case .stranger: false
        }
    }

    /// Takes the token for all requests that follow. Throws when it is of no use; then those that follow are a stranger's.
    func authenticate(_ token: JSONView?) throws(RPCError) -> AccessGrant {
        let standing = judge(token)
        if case .token(let id, _) = standing.grant.holder { shown = .token(id) } else { shown = .uselessToken }
        generation = 0
        if let refusal = standing.refusal { throw refusal }
        return standing.grant
    }

    /// Whether as many tokens of no use were shown as may be: the connection is to end.
    var isAtEnd: Bool { uselessTokens >= uselessTokensMax }

    // MARK: Standing

    private var areTokensDemanded: Bool { areTokensRequired || service.areTokensDemanded }

    private func ownStanding() -> Standing {
        if case .token(_, let expires?) = own.grant.holder, expires <= service.now { forget() }
        return own
    }

    private func standing(beside token: JSONView?) throws(RPCError) -> Standing {
        if let beside = rememberedStanding(token) { return beside }
        let standing = judge(token)
        // Whatever is asked for: a client that believes to have shown who it is must learn that it has not.
        if let refusal = standing.refusal { throw refusal }
        beside = (token?.withText { Array($0) } ?? [], standing)
        return standing
    }

    private func rememberedStanding(_ token: JSONView?) -> Standing? {
        guard let beside,
            token?.withText({ text in beside.text.withUnsafeBytes { ConstantTime.equal(text, $0) } }) == true
        else { return nil }
        if case .token(_, let expires?) = beside.standing.grant.holder, expires <= service.now { return nil }
        return beside.standing
    }

    /// Something about tokens has changed.
    private func forget() {
        generation = service.generation
        beside = nil
        own = standingOfWhatWasShown()
    }

    private func standingOfWhatWasShown() -> Standing {
        switch shown {
        case .nothing where transport == .unix: return Standing(.everything(.owner, peer: peer))
        case .nothing where !areTokensDemanded: return Standing(.everything(.anybody, peer: peer))
        case .nothing: return stranger(ConnectionAccess.tokenRequired)
        case .uselessToken: return stranger(ConnectionAccess.tokenInvalid)
        case .token(let id):
            guard let token = service.token(id) else { return stranger(ConnectionAccess.tokenInvalid) }
            switch token.standing(at: service.now) {
            case .valid: return Standing(AccessGrant(token, peer: peer))
            case .revoked: return refuse(.revoked, token)
            case .expired: return refuse(.expired, token)
            }
        }
    }

    private func judge(_ token: JSONView?) -> Standing {
        guard !isAtEnd else { return stranger(.tooManyUselessTokens(max: uselessTokensMax)) }
        switch token?.withText({ service.judge($0) }) ?? .refused(.unknown, nil) {
        case .accepted(let token): return Standing(AccessGrant(token, peer: peer))
        case .refused(let reason, let token):
            uselessTokens += 1
            return refuse(reason, token)
        }
    }

    /// One answer to all that is wrong with a token; that it has expired is told to those who had it.
    private func refuse(_ reason: RefusedUse.Reason, _ token: AccessToken?) -> Standing {
        service.refused(RefusedUse.Kind(peer: peer, reason: reason, token: token?.id))
        guard reason == .expired, let expires = token?.expires else { return stranger(ConnectionAccess.tokenInvalid) }
        return stranger(ConnectionAccess.tokenInvalid.with("expired", expires))
    }

    private func stranger(_ refusal: RPCError) -> Standing {
        Standing(.stranger(peer: peer), refusal: refusal)
    }

    private static let tokenRequired = RPCError(
        .unauthenticated,
        #"this takes a token: send {"method":"auth","params":{"token":"…"}} first, or "token" beside "params""#,
        reason: "TOKEN_REQUIRED"
    )
    private static let tokenInvalid = RPCError(.unauthenticated, "the token is not valid", reason: "TOKEN_INVALID")
}
