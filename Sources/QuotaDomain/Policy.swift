package import EventSourcing

/// The fixed numbers of the domain, each with its unit and source.
package enum Policy {
    /// The rolling window in which calls count (R1).
    package static let window: TimeSpan = .hours(24)
    /// How long an observation stays fresh (R2).
    package static let observationFreshness: TimeSpan = .hours(24)
    /// How far in the past an observation may be dated.
    package static let observationLagMax: TimeSpan = .hours(1)
    /// How far ahead of the log's clock a call or an observation may be dated; it then counts from the event's time.
    package static let clockSkewMax: TimeSpan = .seconds(60)
    /// Calls per 24 h that an org is taken to have until it is configured or observed (both documents' example).
    package static let defaultAllowance: Int64 = 15_000
    /// How many days an idempotency id is held unless the org says otherwise.
    package static let defaultIdempotencyDays = 7
    /// How often event-based sync looks for changes (R19).
    package static let eventSyncPollInterval: TimeSpan = .minutes(5)
    /// R6.
    package static let bulkPausePercent: Int64 = 40
    /// R7, R10.
    package static let eventPausePercent: Int64 = 80
    /// R7, R9.
    package static let warnPercent: Int64 = 80
    /// R10.
    package static let resumeHysteresisPercent: Int64 = 0

    /// Calls of one `usage.record`.
    package static let callsPerRecordMax: Int64 = 1_000_000
    /// Calls that a retry of a sync error may cost.
    package static let callsPerRetryMax: Int64 = 1_000
    /// Calls per 24 h: the largest limit, allowance and reported usage.
    package static let callsPerWindowMax: Int64 = 1_000_000_000
    /// A limit, allowance or usage from a log, within the bounds that arithmetic relies on.
    static func clampedToWindowMax(_ calls: Int64) -> Int64 { min(max(calls, 0), callsPerWindowMax) }
    /// Days for which an org may have idempotency ids held.
    package static let idempotencyDaysMax = 90
    /// Bulk syncs of one workspace that the state keeps, the newest; older ones are in the log only.
    package static let bulkSyncsKeptMax = 1_000
    /// Orgs of one ledger.
    package static let orgsMax = 100_000
    /// Workspaces of one org.
    package static let workspacesPerOrgMax = 100_000
    /// Mappings of one workspace.
    package static let mappingsPerWorkspaceMax = 1_000
    /// Unresolved sync errors of one workspace.
    package static let syncErrorsPerWorkspaceMax = 10_000

    /// Shown from `warn_percent` of the limit (R7, R9), word for word as the documents have it: no final full stop.
    package static let soonWarning =
        "This workspace will soon hit its limit of Salesforce API calls. This will pause your data sync with "
        + "Salesforce. Increase the limit in the settings below to avoid this"
    /// Shown from 100 % of the limit (R8, R9), word for word as the documents have it: a typographic apostrophe.
    package static let hitWarning =
        "This workspace has hit its limit of Salesforce API calls. Your data sync with Salesforce is paused and the "
        + "integration won\u{2019}t work as expected. Increase the limit in the settings below to avoid this."
}
