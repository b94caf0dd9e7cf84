package import EventSourcing

/// Calls counted in the rolling windows that a question about one workspace needs (R1, R2). Counted live by the state, or
/// from the log for the past.
package struct WindowFigures: Hashable, Sendable {
    /// Calls of the workspace and its associated apps in (as_of - 24 h, as_of].
    package var workspace: Int64
    /// The same of the org's other workspaces together.
    package var otherWorkspaces: Int64
    /// The same of integrations that belong to no workspace.
    package var integrations: Int64
    /// Calls of the whole org recorded here in (observed at - 24 h, observed at]; 0 without a fresh observation.
    package var recordedAtObservation: Int64

    package init(workspace: Int64, otherWorkspaces: Int64, integrations: Int64, recordedAtObservation: Int64) {
        self.workspace = workspace
        self.otherWorkspaces = otherWorkspaces
        self.integrations = integrations
        self.recordedAtObservation = recordedAtObservation
    }
}

/// What Salesforce last reported, while it is fresh (R2).
package struct ObservationReport: Hashable, Sendable {
    package var used: Int64
    package var allowance: Int64
    package var at: Timestamp
    package var source: ObservationSource
    /// How old it is at the instant asked about.
    package var age: TimeSpan
}

/// The indicator of one workspace (R1, R2) and what may run (R5–R12).
package struct UsageReport: Hashable, Sendable {
    package var org: String
    package var workspace: String
    package var asOf: Timestamp
    package var allowance: Int64
    /// The limit in force: the one set, or the allowance (R3).
    package var limit: Int64
    package var usedByWorkspace: Int64
    package var usedByOthers: Int64
    package var otherWorkspaces: Int64
    package var integrations: Int64
    /// Reported by Salesforce but recorded by nobody here; nil without a fresh observation, never 0 then.
    package var unattributed: Int64?
    /// By how much more was recorded here than Salesforce reported; nil without a fresh observation.
    package var drift: Int64?
    package var orgUsed: Int64
    package var tier: Tier
    package var paused: [Purpose]
    package var warning: String?
    package var allowanceExhausted: Bool
    /// When the tier next falls if no call arrives; nil when it will not, or for a question about the past.
    package var nextChangeAt: Timestamp?
    package var observation: ObservationReport?
}

/// The state of an org's shared allowance.
package struct OrgReport: Hashable, Sendable {
    package var org: String
    package var asOf: Timestamp
    package var allowance: Int64
    package var allowanceSource: AllowanceSource
    package var workspacesUsed: Int64
    package var integrationsUsed: Int64
    package var unattributed: Int64?
    package var drift: Int64?
    package var orgUsed: Int64
    package var allowanceExhausted: Bool
    package var observation: ObservationReport?
    package var idempotencyDays: Int
    /// The names of its workspaces, sorted.
    package var workspaces: [String]
}

/// The settings of a workspace.
package struct SettingsReport: Hashable, Sendable {
    package var org: String
    package var workspace: String
    package var version: LogPosition
    /// Nil when unset.
    package var limitSet: Int64?
    /// The limit in force.
    package var limit: Int64
    package var allowance: Int64
    package var installerEmail: String?
    package var bulkPausePercent: Int64
    package var eventPausePercent: Int64
    package var warnPercent: Int64
    package var resumeHysteresisPercent: Int64
}

/// One mapping with the position of the event that last set it.
package struct MappingReport: Hashable, Sendable {
    package var mapping: Mapping
    package var position: LogPosition
}

/// One bulk sync (R14–R16).
package struct BulkSyncReport: Hashable, Sendable {
    package var sync: Int64
    /// Where its `bulk_sync.started` is.
    package var position: LogPosition
    package var state: BulkSyncState
    /// Sorted; empty unless paused.
    package var pauses: [PauseReason]
    package var startedAt: Timestamp
    package var endedAt: Timestamp?
    /// Nil until the first progress.
    package var progress: BulkSyncProgress?
    package var cause: StopCause?
    package var failure: Failure?
}

/// Event-based sync of a workspace (R19).
package struct EventSyncReport: Hashable, Sendable {
    /// Sorted; empty while it runs.
    package var reasons: [PauseReason]
    /// When it came into its present state; nil when it never was paused.
    package var since: Timestamp?
    /// The next poll, a whole five minutes of UTC; nil while paused.
    package var nextPollAt: Timestamp?
}

/// One row of the sync-error list (R20–R22).
package struct SyncErrorRow: Hashable, Sendable {
    package var error: Int64
    /// Where its `sync_error.reported` is.
    package var position: LogPosition
    package var at: Timestamp
    /// As first reported, with the cause of the latest attempt.
    package var report: SyncErrorReport
    package var attempt: Int64
    package var isRetrying: Bool
}
