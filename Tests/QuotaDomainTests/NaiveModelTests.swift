import EventSourcing
import Foundation
import QuotaDomain
import TestSupport
import Testing

@Suite("The domain against a naive model of it")
struct NaiveModelTests {
    /// Steps of each history: `LEDGERLINE_STEPS`, or few enough for every run.
    static let steps = ProcessInfo.processInfo.environment["LEDGERLINE_STEPS"].flatMap(Int.init) ?? 250

    /// Each history draws from its own seed, derived from the run's.
    @Test("R1-R12, R23, R24: long random histories, every answer and every event", arguments: 0..<6 as Range<UInt64>)
    func histories(number: UInt64) throws {
        let random = SeededRandom(test: "NaiveModelTests.histories(\(number))")
        var history = RandomHistory(seed: random.seed &+ number &* 1_000_003)
        for step in 0..<Self.steps {
            try history.step(step)
            guard !history.hasDiverged else {
                Issue.record("history \(number) diverged at step \(step)")
                return
            }
        }
        history.checkReplay()
    }
}

/// A random walk of both, side by side.
private struct RandomHistory {
    private var random: SeededRandom
    private var scenario = Scenario()
    private var model = NaiveModel()
    private var now = noon
    /// Dated calls that were recorded, each with an id of its own.
    private var dated: [(call: Call, position: LogPosition)] = []
    /// Set where the two first differ; what follows would only repeat it.
    private(set) var hasDiverged = false
    /// Times in this history are multiples of this, so that instants meet.
    private let grain: Int64
    /// How much larger allowances are than what calls use up: in some histories the limits show, in others the allowance.
    private let roominess: Int64

    private static let orgs = ["acme", "zeta"]
    private static let workspaces = ["a", "b", "c"]

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        grain = [1, 1_000, 600_000][Int.random(in: 0..<3, using: &random)]
        roominess = Bool.random(using: &random) ? 1 : 10
    }

    mutating func step(_ number: Int) throws {
        letTimePass()
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<11: try recordCall()
        case 11..<13: perform(observation, on: nil)
        case 13:
            perform(configuration, on: nil)
        case 14..<16: perform(.updateSettings(settingsChange, confirm: .random(using: &random)), on: anyWorkspace)
        default: perform(bulkSyncAction, on: anyWorkspace)
        }
        try askEverything()
        sendAgain()
        if number % 10 == 0 { checkNextTransition() }
        if number % 25 == 0 { checkReplay() }
        if number % 40 == 0 { try checkPast() }
        model.forget(before: now - .hours(60))
    }

    // MARK: What happens

    private mutating func letTimePass() {
        let start = now
        let span: Int64
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<2: span = 0
        case 2..<4: span = .random(in: 0...5, using: &random)
        case 4..<9: span = .random(in: 0...3_600_000, using: &random)
        default: span = .random(in: 0...108_000_000, using: &random)
        }
        now = rounded(now + span)
        let events = scenario.pass(to: now)
        same(events, model.pass(from: start, to: now), "what time brought")
    }

    private mutating func recordCall() throws {
        let call = Call(
            org: anyOrg,
            workspace: Int.random(in: 0..<4, using: &random) == 0 ? nil : anyWorkspace,
            integration: "app",
            purpose: .other,
            calls: .random(in: 1...(Bool.random(using: &random) ? 5 : 60), using: &random),
            at: anyDate,
            counted: Int.random(in: 0..<20, using: &random) > 0,
            key: key(UInt64(scenario.log.count))
        )
        let horizon = model.horizon(call.org, at: now)
        if let date = call.at, date < horizon {
            return same(admission(of: call), .failure(.beforeHorizon(at: date, horizon: horizon)), "too old a call")
        }
        guard let reactions = try scenario.record(call, at: now) else {
            return diverge("a call with a new id is a duplicate")
        }
        model.record(call, at: now)
        if call.at != nil, let recorded = scenario.log.last(where: { $0.event.body == .apiCalled(call) }) {
            dated.append((call, recorded.position))
        }
        same(reactions, model.announceAll(in: call.org, at: now), "what a call brought")
    }

    /// No dated call is taken twice, whatever became of its id: it is a duplicate, or else too old.
    private mutating func sendAgain() {
        guard let (call, position) = dated.randomElement(using: &random), let date = call.at else { return }
        let horizon = model.horizon(call.org, at: now)
        let admission = admission(of: call)
        if date < horizon, admission == .failure(.beforeHorizon(at: date, horizon: horizon)) { return }
        same(admission, .success(.duplicate(of: position)), "a call of \(date) sent again")
    }

    private func admission(of call: Call) -> Result<Admission, Rejection> {
        do throws(Rejection) {
            return .success(try scenario.state.admit(call, at: now))
        } catch {
            return .failure(error)
        }
    }

    private mutating func perform(_ action: Command.Action, on workspace: String?) {
        let before = scenario
        let command = Command(org: anyOrg, workspace: workspace, action: action)
        do throws(Rejection) {
            let primary = try scenario.state.decide(command, at: now)
            let events = try scenario.perform(command, at: now)
            for event in primary { model.take(event, at: now) }
            same(
                Array(events.dropFirst(primary.count)),
                model.announceAll(in: command.org, at: now),
                "after \(primary)"
            )
            checkStart(primary)
        } catch {
            same(before.state.encode(), scenario.state.encode(), "after refusing")
        }
    }

    /// A bulk sync begins paused for exactly what stands in its way (R15).
    private mutating func checkStart(_ events: [QuotaEvent]) {
        guard case .bulkSyncStarted(_, let pauses)? = events.first?.body, let workspace = events[0].workspace else {
            return
        }
        let meaning = model.meaning(events[0].org, workspace, at: now)
        same(Set(pauses), meaning.reasons(isOverLine: meaning.isOverBulkLine), "pauses of a new bulk sync")
    }

    // MARK: What is asked

    private mutating func askEverything() throws {
        for (name, org) in model.orgs {
            let report = try scenario.state.org(name, at: now)
            same(report.orgUsed, model.orgUsed(name, at: now), "org_used of \(name)")
            same(report.allowance, org.allowance, "allowance of \(name)")
            for workspace in org.workspaces.keys { try askUsage(name, workspace, at: now, org: org) }
        }
    }

    private mutating func askUsage(_ name: String, _ workspace: String, at now: Timestamp, org: NaiveModel.Org) throws {
        let usage = try scenario.state.usage(org: name, workspace: workspace, at: now)
        let figures = figures(name, workspace, at: now)
        let meaning = model.meaning(name, workspace, at: now)
        let residual = model.residual(name, at: now)
        same(usage.usedByWorkspace, figures.workspace, "own calls")
        same(usage.otherWorkspaces, figures.otherWorkspaces, "calls of others")
        same(usage.integrations, figures.integrations, "calls of integrations")
        same(usage.unattributed, residual.map { max($0, 0) }, "unattributed")
        same(usage.drift, residual.map { max(-$0, 0) }, "drift")
        same(usage.tier, meaning.tier, "tier")
        same(usage.tier, scenario.state.tier(org: name, workspace: workspace), "tier as announced")
        same(usage.allowanceExhausted, meaning.isAllowanceUsedUp, "exhaustion")
        same(usage.warning, warning(org.workspaces[workspace], used: figures.workspace, org: org), "warning")
        let past = try scenario.state.usage(org: name, workspace: workspace, at: now, figures: figures)
        var present = usage
        present.nextChangeAt = nil
        same(past, present, "the past answer about the present")
        if Int.random(in: 0..<20, using: &random) == 0 {
            same(usage.nextChangeAt, model.nextFall(name, workspace, after: now), "next_change_at")
        }
    }

    private func figures(_ org: String, _ workspace: String, at now: Timestamp) -> WindowFigures {
        let day = now - .hours(24)
        return WindowFigures(
            workspace: model.used(org, workspace, at: now),
            otherWorkspaces: model.made(org, from: day, to: now) { $0.workspace != nil && $0.workspace != workspace },
            integrations: model.used(org, nil, at: now),
            recordedAtObservation: scenario.state.observationInForce(org: org, at: now).map { observation in
                model.made(org, from: observation.at - .hours(24), to: observation.at) { _ in true }
            } ?? 0
        )
    }

    private func warning(_ workspace: NaiveModel.Workspace?, used: Int64, org: NaiveModel.Org) -> String? {
        guard let workspace else { return nil }
        let limit = workspace.limit ?? org.allowance
        if used * 100 >= limit * 100 { return Policy.hitWarning }
        return used * 100 >= limit * workspace.warnPercent ? Policy.soonWarning : nil
    }

    private mutating func checkNextTransition() {
        var state = scenario.state
        let earliest = state.earliestTransition
        let next = state.nextTransition
        same(next, model.nextTransition(after: now), "next transition")
        if let next, earliest.map({ $0 > next }) ?? true { diverge("nothing would look at \(next)") }
        same(state.dueTransition(by: now), nil, "due transition")
    }

    /// The same log gives the same state, and its bytes give the same state again, which goes on in the same way.
    mutating func checkReplay() {
        let bytes = scenario.state.encode()
        same(scenario.replayed.encode(), bytes, "replay")
        guard var decoded = try? QuotaState(decoding: bytes) else { return diverge("decoding") }
        same(decoded.encode(), bytes, "decoding")
        var (replayed, state) = (scenario.replayed, scenario.state)
        same(decoded.nextTransition, state.nextTransition, "next transition after decoding")
        same(replayed.nextTransition, state.nextTransition, "next transition after a replay")
        if Bool.random(using: &random) { scenario.restart(from: decoded) }
    }

    /// A state folded without calls, with figures counted elsewhere, answers as the present did (R25).
    private mutating func checkPast() throws {
        let folded = scenario.foldedWithoutCalls
        for (name, org) in model.orgs {
            for workspace in org.workspaces.keys {
                var past = folded
                past.acknowledge(org: name, workspace: workspace)
                var present = try scenario.state.usage(org: name, workspace: workspace, at: now)
                present.nextChangeAt = nil
                let figures = figures(name, workspace, at: now)
                same(try past.usage(org: name, workspace: workspace, at: now, figures: figures), present, "the past")
            }
        }
    }

    private mutating func same<Value: Equatable>(_ one: Value, _ other: Value, _ what: String) {
        guard one != other else { return }
        diverge("\(what): \(one) against \(other)")
    }

    private mutating func diverge(_ message: String) {
        if !hasDiverged { Issue.record("\(message) at \(now)") }
        hasDiverged = true
    }

    // MARK: What is drawn

    private var anyOrg: String { mutating get { Self.orgs.randomElement(using: &random) ?? acme } }
    private var anyWorkspace: String { mutating get { Self.workspaces.randomElement(using: &random) ?? support } }

    private func rounded(_ instant: Timestamp) -> Timestamp {
        max(now, Timestamp(milliseconds: instant.milliseconds / grain * grain))
    }

    /// Mostly none; else late by up to two days, often by a day or so, or a little ahead.
    private var anyDate: Timestamp? {
        mutating get {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6: nil
            case 6: now - Int64.random(in: 0...172_800_000, using: &random) / grain * grain
            case 7: now - .hours(24) + Int64.random(in: -3...3, using: &random) * grain
            case 8: now - Int64.random(in: 0...3_600_000, using: &random) / grain * grain
            default: now + Int64.random(in: 0...60_000, using: &random)
            }
        }
    }

    private var configuration: Command.Action {
        mutating get {
            let isAboutIDs = Bool.random(using: &random)
            return .configureOrg(
                allowance: isAboutIDs ? nil : .random(in: 0...400, using: &random) * roominess,
                idempotencyDays: isAboutIDs ? .random(in: 1...5, using: &random) : nil
            )
        }
    }

    private var observation: Command.Action {
        mutating get {
            if Int.random(in: 0..<8, using: &random) == 0 { return .observeExhaustion(at: nil) }
            let lag = Bool.random(using: &random) ? 0 : Int64.random(in: 0...3_600_000, using: &random)
            return .observe(
                used: .random(in: 0...400, using: &random),
                allowance: .random(in: 50...400, using: &random) * roominess,
                at: now - lag,
                source: .header
            )
        }
    }

    private var settingsChange: SettingsChange {
        mutating get {
            var change = SettingsChange()
            if Bool.random(using: &random) {
                change.limit = .some(
                    Int.random(in: 0..<5, using: &random) == 0 ? nil : .random(in: 0...200, using: &random)
                )
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                change.bulkPausePercent = .random(in: 20...60, using: &random)
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                change.eventPausePercent = .random(in: 50...100, using: &random)
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                change.resumeHysteresisPercent = .random(in: 0...25, using: &random)
            }
            if Int.random(in: 0..<3, using: &random) == 0 { change.warnPercent = .random(in: 1...100, using: &random) }
            return change
        }
    }

    private var bulkSyncAction: Command.Action {
        mutating get {
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4: .startBulkSync
            case 4: .stopBulkSync(sync: nil)
            case 5: .pauseBulkSync(sync: nil)
            case 6: .resumeBulkSync(sync: nil)
            default: .completeBulkSync(sync: nil)
            }
        }
    }
}
