import EventSourcing

/// What the log says about one workspace.
struct WorkspaceState: Sendable {
    let name: String
    var settings = WorkspaceSettings()
    /// Position of the last event that somebody's command about the workspace gave rise to; calls aside.
    var version = LogPosition.beforeFirst

    var announced = Announced()

    /// Calls of its own and associated apps (R1).
    var window: RollingWindow
    /// Sorted by key.
    var mappings: [MappingReport] = []
    var bulkSyncs = BulkSyncHistory()
    var syncErrors = SyncErrorList()

    var timer = TimerMarks()

    /// What follows from usage, as the log last said it.
    struct Announced: Hashable, Sendable {
        var tier = Tier.normal
        /// On which side of the pause lines the workspace was.
        var lines = LinesReached()
        var eventSync = EventSync()
    }

    /// Event-based sync (R19): running while there is no reason against it.
    struct EventSync: Hashable, Sendable {
        var pauses: PauseReasons = []
        /// When it came into its present state; nil when it never was paused.
        var since: Timestamp?
    }

    init(name: String, clock: Timestamp) {
        self.name = name
        window = RollingWindow(clock: clock)
    }

    func rule(allowance: Int64) -> TierRule {
        TierRule(limit: settings.limit ?? allowance, percents: settings.percents)
    }

    /// What usage at `instant` means, coming from what was announced.
    func standing(allowance: Int64, at instant: Timestamp) -> TierRule.Standing {
        rule(allowance: allowance).standing(used: window.count(at: instant), before: announced.lines)
    }

    func mappingIndex(_ key: MappingKey) -> Int? { mappings.firstIndex { $0.mapping.key == key } }
}

/// What is known about the deadline of a workspace or an org; no part of the state that the log describes.
struct TimerMarks: Sendable {
    /// Something happened by which the deadline may have come nearer.
    var isDisturbed = false
    /// Calls came in, by which the deadline can only have moved away.
    var hasNewCalls = false
}
