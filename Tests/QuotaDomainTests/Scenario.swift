import EventSourcing
import QuotaDomain
import Testing

/// The org and workspace that scenarios are about where they name no other.
let acme = "acme"
let support = "support"

/// 2026-11-21T12:00:00Z, when scenarios begin.
let noon = Timestamp("2026-11-21T12:00:00Z") ?? Timestamp(milliseconds: 0)

/// An event as the log holds it.
struct LoggedEvent {
    var event: QuotaEvent
    var position: LogPosition
    var time: Timestamp
}

/// A ledger in miniature: what the sequencer does with the state, and the log that came of it. Written as
/// `Scenario.given(…).when(…).then(…)`.
struct Scenario {
    private(set) var state = QuotaState.initial
    private(set) var log: [LoggedEvent] = []

    /// Something that happened before.
    typealias Step = (inout Scenario) throws -> Void

    static func given(_ steps: Step...) throws -> Scenario {
        var scenario = Scenario()
        for step in steps { try step(&scenario) }
        return scenario
    }

    func and(_ steps: Step...) throws -> Scenario {
        var scenario = self
        for step in steps { try step(&scenario) }
        return scenario
    }

    // MARK: As the sequencer does it

    mutating func append(_ event: QuotaEvent, at time: Timestamp) {
        let position = state.position.next
        log.append(LoggedEvent(event: event, position: position, time: time))
        state.evolve(event, at: position, time: time)
    }

    /// Lets time pass; returns what it brought.
    @discardableResult
    mutating func pass(to now: Timestamp) -> [QuotaEvent] {
        var events: [QuotaEvent] = []
        while let instant = state.dueTransition(by: now) {
            let due = state.transitions(at: instant)
            #expect(!due.isEmpty, "a transition was announced for \(instant) and did not come")
            guard !due.isEmpty else { break }
            for event in due { append(event, at: now) }
            events += due
        }
        return events
    }

    /// Appends what follows from the last event; returns it.
    @discardableResult
    mutating func react(_ org: String, _ workspace: String?, at now: Timestamp) -> [QuotaEvent] {
        let events = state.reactions(org: org, workspace: workspace, at: now)
        for event in events { append(event, at: now) }
        #expect(state.reactions(org: org, workspace: workspace, at: now) == [], "one call must suffice")
        return events
    }

    /// Records a call unless it is a duplicate; returns what followed, or nil for a duplicate.
    @discardableResult
    mutating func record(_ call: Call, at now: Timestamp) throws(Rejection) -> [QuotaEvent]? {
        pass(to: now)
        guard case .new = try state.admit(call, at: now) else { return nil }
        append(QuotaEvent(org: call.org, workspace: call.workspace, .apiCalled(call)), at: now)
        return react(call.org, call.workspace, at: now)
    }

    /// Carries a command out; returns its events and what followed.
    @discardableResult
    mutating func perform(_ command: Command, at now: Timestamp) throws(Rejection) -> [QuotaEvent] {
        pass(to: now)
        let events = try state.decide(command, at: now)
        for event in events { append(event, at: now) }
        guard !events.isEmpty else { return [] }
        return events + react(command.org, command.workspace, at: now)
    }

    /// Goes on from a snapshot of the state.
    mutating func restart(from decoded: QuotaState) { state = decoded }

    /// As it goes on after a restart from the encoded state.
    var decoded: Scenario {
        get throws {
            var scenario = self
            scenario.restart(from: try QuotaState(decoding: state.encode()))
            return scenario
        }
    }

    /// The state as a replay of the log gives it.
    var replayed: QuotaState {
        var state = QuotaState.initial
        for logged in log { state.evolve(logged.event, at: logged.position, time: logged.time) }
        return state
    }

    /// The state as the past is asked: from all events but calls.
    var foldedWithoutCalls: QuotaState {
        var state = QuotaState.initial
        for logged in log {
            if case .apiCalled = logged.event.body { continue }
            state.evolve(logged.event, at: logged.position, time: logged.time)
        }
        return state
    }

    // MARK: when

    func when(
        _ action: Command.Action,
        at now: Timestamp,
        org: String = acme,
        workspace: String? = support,
        id: RequestIdentity? = nil,
        expectedVersion: LogPosition? = nil
    ) -> Outcome {
        var after = self
        after.pass(to: now)
        let before = after
        let command = Command(
            org: org,
            workspace: workspace,
            identity: id,
            expectedVersion: expectedVersion,
            action: action
        )
        do throws(Rejection) {
            let events = try after.perform(command, at: now)
            return Outcome(before: before, after: after, result: .success(events))
        } catch {
            return Outcome(before: before, after: after, result: .failure(error))
        }
    }

    func when(call: Call, at now: Timestamp) -> Outcome {
        var after = self
        after.pass(to: now)
        let before = after
        do throws(Rejection) {
            let events = try after.record(call, at: now)
            return Outcome(before: before, after: after, result: .success(events ?? []))
        } catch {
            return Outcome(before: before, after: after, result: .failure(error))
        }
    }

    /// Nothing but time passes until `now`.
    func whenTimePasses(to now: Timestamp) -> Outcome {
        var after = self
        let events = after.pass(to: now)
        return Outcome(before: self, after: after, result: .success(events))
    }
}

/// What came of it.
struct Outcome {
    var before: Scenario
    var after: Scenario
    var result: Result<[QuotaEvent], Rejection>

    /// Exactly these events, in this order; a call's own `api.called` is not among them.
    @discardableResult
    func then(_ bodies: QuotaEvent.Body..., sourceLocation: SourceLocation = #_sourceLocation) -> Scenario {
        #expect((try? result.get())?.map(\.body) == bodies, "\(result)", sourceLocation: sourceLocation)
        return after
    }

    @discardableResult
    func then(events: [QuotaEvent], sourceLocation: SourceLocation = #_sourceLocation) -> Scenario {
        #expect(result == .success(events), sourceLocation: sourceLocation)
        return after
    }

    /// Refused so, and nothing is as if it had been tried (R24).
    @discardableResult
    func thenRefused(_ rejection: Rejection, sourceLocation: SourceLocation = #_sourceLocation) -> Scenario {
        #expect(result == .failure(rejection), sourceLocation: sourceLocation)
        return thenUntouched(sourceLocation: sourceLocation)
    }

    /// Refused for a field, whatever the message says.
    @discardableResult
    func thenRefused(field: String, sourceLocation: SourceLocation = #_sourceLocation) -> Scenario {
        if case .failure(.invalid(field: field, message: _)) = result {
        } else {
            Issue.record("expected a refusal of \(field), got \(result)", sourceLocation: sourceLocation)
        }
        return thenUntouched(sourceLocation: sourceLocation)
    }

    private func thenUntouched(sourceLocation: SourceLocation) -> Scenario {
        #expect(before.state.encode() == after.state.encode(), sourceLocation: sourceLocation)
        #expect(before.log.count == after.log.count, sourceLocation: sourceLocation)
        return after
    }
}

// MARK: - Steps

/// `count` calls of a workspace, as one event.
func calls(
    _ count: Int64,
    _ purpose: Purpose = .other,
    by workspace: String? = support,
    of org: String = acme,
    integration: String? = nil,
    dated date: Timestamp? = nil,
    counted: Bool = true,
    imported: Bool = false,
    key: IdempotencyKey? = nil,
    at now: Timestamp = noon
) -> Scenario.Step {
    { scenario in
        try scenario.record(
            Call(
                org: org,
                workspace: workspace,
                integration: integration,
                purpose: purpose,
                calls: count,
                at: date,
                counted: counted,
                imported: imported,
                key: key
            ),
            at: now
        )
    }
}

func command(
    _ action: Command.Action,
    on workspace: String? = support,
    of org: String = acme,
    id: RequestIdentity? = nil,
    at now: Timestamp = noon
) -> Scenario.Step {
    { scenario in
        try scenario.perform(Command(org: org, workspace: workspace, identity: id, action: action), at: now)
    }
}

func settings(_ change: SettingsChange, on workspace: String = support, at now: Timestamp = noon) -> Scenario.Step {
    command(.updateSettings(change, confirm: true), on: workspace, at: now)
}

func allowance(_ calls: Int64, of org: String = acme, at now: Timestamp = noon) -> Scenario.Step {
    command(.configureOrg(allowance: calls, idempotencyDays: nil), on: nil, of: org, at: now)
}

func observation(
    used: Int64,
    allowance: Int64 = 15_000,
    dated date: Timestamp? = nil,
    of org: String = acme,
    at now: Timestamp = noon
) -> Scenario.Step {
    command(.observe(used: used, allowance: allowance, at: date, source: .header), on: nil, of: org, at: now)
}

/// A key as the edge makes them: `id` in its scope, `content` as the fingerprint.
func key(_ id: UInt64, content: UInt64 = 1) -> IdempotencyKey {
    var mixed = id &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return IdempotencyKey(scopeHigh: mixed, scopeLow: UInt32(truncatingIfNeeded: id), fingerprint: content)
}

extension Timestamp {
    static func + (instant: Timestamp, milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: instant.milliseconds + milliseconds)
    }

    static func - (instant: Timestamp, milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: instant.milliseconds - milliseconds)
    }
}
