import EventSourcing

/// What the log says about one org.
struct OrgState: Sendable {
    let name: String
    var allowance = Policy.defaultAllowance
    var allowanceSource = AllowanceSource.default
    var horizon = IdempotencyHorizon()
    var observation: Observation?

    /// Calls of everybody in the org; kept long enough to count up to an observation dated in the past.
    var window: RollingWindow
    /// Those of them that belong to no workspace.
    var integrationsWindow: RollingWindow

    var workspaces: [WorkspaceState] = []
    var workspaceIndex: [String: Int] = [:]
    /// How many of them have event-based sync paused for the allowance: all while it is used up, else none.
    var pausedByAllowance = 0

    /// Something happened that may mean something to every workspace.
    var needsReview = false
    var timer = TimerMarks()

    /// What Salesforce reported, with what was recorded here up to that instant (R2).
    struct Observation: Hashable, Sendable {
        var used: Int64
        var allowance: Int64
        var at: Timestamp
        var source: ObservationSource
        /// Calls recorded here and dated in (at - 24 h, at], whenever they were recorded.
        var recorded: Int64

        func isFresh(at instant: Timestamp) -> Bool { at <= instant && instant < staleAt }
        var staleAt: Timestamp { at + Policy.observationFreshness }

        func report(at instant: Timestamp) -> ObservationReport {
            ObservationReport(used: used, allowance: allowance, at: at, source: source, age: instant - at)
        }
    }

    /// How long the org's calls are kept.
    static let retention = TimeSpan(
        milliseconds: Policy.window.milliseconds + Policy.observationLagMax.milliseconds
    )

    init(name: String, clock: Timestamp) {
        self.name = name
        window = RollingWindow(clock: clock, retention: Self.retention)
        integrationsWindow = RollingWindow(clock: clock)
    }

    func freshObservation(at instant: Timestamp) -> Observation? {
        guard let observation, observation.isFresh(at: instant) else { return nil }
        return observation
    }

    /// Calls of the whole org that count at `instant`, those that nobody recorded included.
    func used(at instant: Timestamp) -> Int64 {
        window.count(at: instant) + (freshObservation(at: instant)?.unattributed ?? 0)
    }

    /// R12.
    func isAllowanceUsedUp(at instant: Timestamp) -> Bool { used(at: instant) >= allowance }

    /// Indices of workspaces in order of their names.
    func byName(_ indices: some Sequence<Int>) -> [Int] { indices.sorted { workspaces[$0].name < workspaces[$1].name } }
}

extension OrgState.Observation {
    /// Reported, but recorded by nobody here.
    var unattributed: Int64 { max(0, used - recorded) }
}
