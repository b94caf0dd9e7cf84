package import EventSourcing

/// Something that happened in an org. The wire form of each is in `Protocol/events/`.
package struct QuotaEvent: Hashable, Sendable {
    package var org: String
    package var workspace: String?
    package var body: Body
    /// Set on the first event of a command that came with an id.
    package var identity: RequestIdentity?

    package init(org: String, workspace: String? = nil, _ body: Body, identity: RequestIdentity? = nil) {
        self.org = org
        self.workspace = workspace
        self.body = body
        self.identity = identity
    }

    package enum Body: Hashable, Sendable {
        case orgConfigured(allowance: Int64?, idempotencyDays: Int?)
        case orgObserved(used: Int64, allowance: Int64, at: Timestamp, source: ObservationSource)
        /// `org` and `workspace` of the call are those of the event.
        case apiCalled(Call)
        case settingsChanged(SettingsChange)
        case tierChanged(TierChange)
        case mappingSet(Mapping)
        case mappingRemoved(MappingKey)
        case bulkSyncStarted(sync: Int64, pauses: [PauseReason])
        case bulkSyncProgressed(sync: Int64, BulkSyncProgress)
        case bulkSyncPaused(sync: Int64, reason: PauseReason, at: Timestamp)
        case bulkSyncResumed(sync: Int64, reason: PauseReason, at: Timestamp)
        case bulkSyncStopped(sync: Int64, cause: StopCause)
        case bulkSyncCompleted(sync: Int64)
        case bulkSyncFailed(sync: Int64, Failure)
        case eventSyncPaused(reason: PauseReason, at: Timestamp)
        case eventSyncResumed(reason: PauseReason, at: Timestamp)
        case syncErrorReported(error: Int64, SyncErrorReport, at: Timestamp)
        case syncErrorRetryStarted(error: Int64, attempt: Int64)
        case syncErrorResolved(error: Int64, attempt: Int64)
        case syncErrorRetryFailed(error: Int64, attempt: Int64, Failure)
    }
}

/// A change of tier and the exact instant at which it took effect (R23).
package struct TierChange: Hashable, Sendable {
    package var from: Tier
    package var to: Tier
    package var at: Timestamp
    /// Usage and limit of the workspace at that instant, in calls.
    package var used: Int64
    package var limit: Int64
    package var cause: TierCause

    package init(from: Tier, to: Tier, at: Timestamp, used: Int64, limit: Int64, cause: TierCause) {
        self.from = from
        self.to = to
        self.at = at
        self.used = used
        self.limit = limit
        self.cause = cause
    }
}
