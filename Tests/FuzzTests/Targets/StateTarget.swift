import EventSourcing
import QuotaDomain
import TestSupport

extension FuzzTarget {
    /// Bytes that are no state are refused, in whatever parts they come. Any others give a state that answers all
    /// questions and goes on, and that is encoded as bytes that give the same state.
    static let state = FuzzTarget(name: "state") { input in
        var random = SeededRandom(for: input)
        let decoded = Result { () throws(StateDamage) in try QuotaState(decoding: Array(input)) }
        var parts = random.pieces(of: input).map { Array($0) }[...]
        let decodedParts = Result { try QuotaState(decodingParts: { parts.popFirst() }) }
        switch (decoded, decodedParts) {
        case (.failure(let damage), .failure(let partsDamage)):
            try requireEqual(partsDamage as? StateDamage, damage, "the damage, read in parts")
            try require((0...input.count).contains(damage.offset), "\(damage) in \(input.count) bytes")
        case (.success(var state), .success(let fromParts)):
            let bytes = state.encode()
            try requireEqual(fromParts.encode(), bytes, "the state, read in parts")
            try requireEqual(try QuotaState(decoding: bytes).encode(), bytes, "the state, encoded again")
            use(&state)
        default:
            throw BrokenPromise("read at once it gives \(decoded), and in parts \(decodedParts)")
        }
    }

    /// Asks about everything, and lets what is due happen.
    private static func use(_ state: inout QuotaState) {
        let now = state.time
        for org in state.orgs(at: now) {
            for workspace in org.workspaces {
                _ = try? state.usage(org: org.org, workspace: workspace, at: now)
                let command = Command(org: org.org, workspace: workspace, action: .startBulkSync)
                let events = (try? state.decide(command, at: now)) ?? []
                take(events, into: &state, at: now)
                take(state.reactions(org: org.org, workspace: workspace, at: now), into: &state, at: now)
            }
        }
        if let next = state.nextTransition {
            take(state.transitions(at: next), into: &state, at: max(now, next))
        }
        _ = state.encode()
    }

    private static func take(_ events: [QuotaEvent], into state: inout QuotaState, at time: Timestamp) {
        for event in events { state.evolve(event, at: state.position.next, time: time) }
    }
}
