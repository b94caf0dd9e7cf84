import AccessControl
import EventSourcing
import Testing

/// `given(events).when(command).then(events)`, at noon unless said otherwise.
struct Scenario {
    static let noon = Timestamp("2026-11-21T12:00:00.000Z")!
    static let owner = Actor(peer: "unix")

    private(set) var state = AccessState.initial
    private var position = LogPosition.beforeFirst

    static func given(_ events: AccessEvent..., at time: Timestamp = noon) -> Scenario {
        var scenario = Scenario()
        for event in events { scenario.take(event, at: time) }
        return scenario
    }

    mutating func take(_ event: AccessEvent, at time: Timestamp = noon) {
        position = position.next
        state.evolve(event, at: position, time: time)
    }

    func when(_ command: AccessCommand, at now: Timestamp = noon) -> Outcome {
        do throws(AccessRejection) {
            return Outcome(result: .success(try state.decide(command, at: now)))
        } catch {
            return Outcome(result: .failure(error))
        }
    }

    struct Outcome {
        let result: Result<[AccessEvent], AccessRejection>

        func then(_ events: AccessEvent..., sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(result == .success(events), sourceLocation: sourceLocation)
        }

        func thenRefused(_ rejection: AccessRejection, sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(result == .failure(rejection), sourceLocation: sourceLocation)
        }
    }
}

extension SecretDigest {
    /// 32 times the same byte.
    static func of(_ byte: UInt8) -> SecretDigest { SecretDigest(bytes: Array(repeating: byte, count: byteCount))! }
}

extension NewToken {
    static func sample(
        _ id: String = "a",
        _ role: Role = .reader,
        _ scope: TokenScope = .everything,
        expires: Timestamp? = nil,
        secret: UInt8 = 1
    ) -> NewToken {
        NewToken(id: id, role: role, scope: scope, expires: expires, secret: .of(secret), by: Scenario.owner)
    }
}
