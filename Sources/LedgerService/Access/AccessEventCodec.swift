import AccessControl
import EventSourcing
import LineJSON

/// The names of the access log's events.
package enum AccessEventType: String, CaseIterable, Sendable {
    case tokenCreated = "token.created"
    case tokenRevoked = "token.revoked"
    case tokenRefused = "token.refused"
    case logShortened = "log.shortened"
}

/// Events of the access log as lines, in the form of the ledger's own.
enum AccessEventCodec {
    /// Appends the line of one event, `\n` included.
    static func append(_ event: AccessEvent, position: LogPosition, time: Timestamp, to writer: inout JSONWriter) {
        writer.object { line in
            line.member("position", position)
            line.member("time", time)
            line.member("type", event.type.rawValue)
            line.object("data") { data in append(event, to: &data) }
        }
        writer.endLine()
    }

    private static func append(_ event: AccessEvent, to data: inout JSONWriter) {
        switch event {
        case .tokenCreated(let token):
            data.member("token", token.id)
            if let name = token.name { data.member("name", name) }
            data.member("role", token.role.rawValue)
            append(token.scope, to: &data)
            if let expires = token.expires { data.member("expires", expires) }
            data.member("secret_sha256", HexText.text(of: token.secret.bytes))
            append(token.by, to: &data)
        case .tokenRevoked(let id, let actor):
            data.member("token", id)
            append(actor, to: &data)
        case .tokenRefused(let refused):
            if let token = refused.kind.token { data.member("token", token) }
            data.member("reason", refused.kind.reason.rawValue)
            data.member("peer", refused.kind.peer)
            data.member("count", refused.count)
            if let since = refused.since { data.member("since", since) }
        case .logShortened(let known):
            data.object("known") { head in
                head.member("position", known.position)
                head.member("hash", known.hash)
            }
        }
    }

    /// Left out where it is everything.
    private static func append(_ scope: TokenScope, to data: inout JSONWriter) {
        switch scope {
        case .everything: break
        case .orgs(let orgs): data.member("orgs", orgs)
        case .workspaces(let workspaces, let org):
            data.member("orgs", [org])
            data.member("workspaces", workspaces)
        }
    }

    private static func append(_ actor: Actor, to data: inout JSONWriter) {
        data.object("by") { by in
            if let token = actor.token { by.member("token", token) }
            by.member("peer", actor.peer)
        }
    }

    /// Reads one line, given without its `\n`. Throws `UnreadableEvent`.
    static func read(
        _ line: UnsafeRawBufferPointer,
        _ tape: inout JSONTape
    ) throws -> (event: AccessEvent, position: LogPosition, time: Timestamp) {
        do {
            return try tape.withParsed(line) { view in
                let position = view["position"]?.integer.map { LogPosition($0) }
                guard let position, let time = view["time"]?.timestamp, let type = view["type"]?.string(),
                    let data = view["data"], let event = AccessEventType(rawValue: type).flatMap({ event($0, data) })
                else { throw UnreadableEvent(position: position, reason: "it is no event of the access log") }
                return (event, position, time)
            }
        } catch let error as JSONError {
            throw UnreadableEvent(position: nil, reason: "\(error)")
        }
    }

    private static func event(_ type: AccessEventType, _ data: JSONView) -> AccessEvent? {
        switch type {
        case .tokenCreated: newToken(data).map { .tokenCreated($0) }
        case .tokenRevoked:
            if let id = data["token"]?.string(), let actor = actor(data["by"]) {
                .tokenRevoked(id, by: actor)
            } else {
                nil
            }
        case .tokenRefused: refusedUse(data).map { .tokenRefused($0) }
        case .logShortened: head(data["known"]).map { .logShortened(known: $0) }
        }
    }

    private static func newToken(_ data: JSONView) -> NewToken? {
        guard let id = data["token"]?.string(), let role = data["role"]?.string().flatMap(Role.init(rawValue:)),
            let scope = scope(data), let hex = data["secret_sha256"]?.string(), let bytes = HexText.bytes(of: hex),
            let secret = SecretDigest(bytes: bytes), let actor = actor(data["by"])
        else { return nil }
        return NewToken(
            id: id,
            name: data["name"]?.string(),
            role: role,
            scope: scope,
            expires: data["expires"]?.timestamp,
            secret: secret,
            by: actor
        )
    }

    private static func scope(_ data: JSONView) -> TokenScope? {
        guard let orgs = data["orgs"] else { return .everything }
        let names = orgs.elements.compactMap { $0.string() }
        guard let workspaces = data["workspaces"] else { return .orgs(names) }
        guard let org = names.first, names.count == 1 else { return nil }
        return .workspaces(workspaces.elements.compactMap { $0.string() }, org: org)
    }

    private static func actor(_ by: JSONView?) -> Actor? {
        guard let peer = by?["peer"]?.string() else { return nil }
        return Actor(token: by?["token"]?.string(), peer: peer)
    }

    private static func head(_ known: JSONView?) -> LogHead? {
        guard let position = known?["position"]?.integer, let hash = known?["hash"]?.string() else { return nil }
        return LogHead(position: LogPosition(position), hash: hash)
    }

    private static func refusedUse(_ data: JSONView) -> RefusedUse? {
        guard let peer = data["peer"]?.string(), let count = data["count"]?.integer,
            let reason = data["reason"]?.string().flatMap(RefusedUse.Reason.init(rawValue:))
        else { return nil }
        let kind = RefusedUse.Kind(peer: peer, reason: reason, token: data["token"]?.string())
        return RefusedUse(kind, count: count, since: data["since"]?.timestamp)
    }
}

extension AccessEvent {
    var type: AccessEventType {
        switch self {
        case .tokenCreated: .tokenCreated
        case .tokenRevoked: .tokenRevoked
        case .tokenRefused: .tokenRefused
        case .logShortened: .logShortened
        }
    }
}
