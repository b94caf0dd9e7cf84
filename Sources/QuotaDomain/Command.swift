package import EventSourcing

/// The identity a client gave to a command: the same id with the same content is carried out once.
package struct RequestIdentity: Hashable, Sendable {
    package var id: String
    package var key: IdempotencyKey

    package init(id: String, key: IdempotencyKey) {
        self.id = id
        self.key = key
    }
}

/// What somebody wants done, other than recording calls, which `Call` stands for.
package struct Command: Sendable {
    package var org: String
    /// Nil for the commands of an org.
    package var workspace: String?
    package var identity: RequestIdentity?
    /// The version that the workspace must still have (ABORTED otherwise).
    package var expectedVersion: LogPosition?
    package var action: Action

    package init(
        org: String,
        workspace: String? = nil,
        identity: RequestIdentity? = nil,
        expectedVersion: LogPosition? = nil,
        action: Action
    ) {
        self.org = org
        self.workspace = workspace
        self.identity = identity
        self.expectedVersion = expectedVersion
        self.action = action
    }

    package enum Action: Sendable {
        case configureOrg(allowance: Int64?, idempotencyDays: Int?)
        case observe(used: Int64, allowance: Int64, at: Timestamp?, source: ObservationSource)
        /// A 403 that says that the allowance is used up: reported usage is the allowance at least (R4).
        case observeExhaustion(at: Timestamp?)
        case updateSettings(SettingsChange, confirm: Bool)
        case setMapping(Mapping, confirm: Bool)
        case removeMapping(MappingKey, confirm: Bool)
        case startBulkSync
        case progressBulkSync(sync: Int64, BulkSyncProgress)
        /// `sync` nil means the latest one, here and below.
        case pauseBulkSync(sync: Int64?)
        case resumeBulkSync(sync: Int64?)
        case stopBulkSync(sync: Int64?)
        case completeBulkSync(sync: Int64?)
        case failBulkSync(sync: Int64?, Failure)
        case reportSyncError(SyncErrorReport, at: Timestamp?)
        case retrySyncError(error: Int64, calls: Int64)
        case retrySucceeded(error: Int64)
        case retryFailed(error: Int64, Failure)
    }
}

/// A code for programs and a message for people.
package struct Failure: Hashable, Sendable {
    package var code: String
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// The settings that a command sets or an event changed; nil leaves one as it is. The inner optional of `limit` and
/// `installerEmail` is the new value: nil there takes the setting away.
package struct SettingsChange: Hashable, Sendable {
    /// Calls per 24 h; taken away it is the allowance (R3).
    package var limit: Int64??
    package var installerEmail: String??
    package var bulkPausePercent: Int64?
    package var eventPausePercent: Int64?
    package var warnPercent: Int64?
    package var resumeHysteresisPercent: Int64?

    package init(
        limit: Int64?? = nil,
        installerEmail: String?? = nil,
        bulkPausePercent: Int64? = nil,
        eventPausePercent: Int64? = nil,
        warnPercent: Int64? = nil,
        resumeHysteresisPercent: Int64? = nil
    ) {
        self.limit = limit
        self.installerEmail = installerEmail
        self.bulkPausePercent = bulkPausePercent
        self.eventPausePercent = eventPausePercent
        self.warnPercent = warnPercent
        self.resumeHysteresisPercent = resumeHysteresisPercent
    }

    package var isEmpty: Bool { self == SettingsChange() }
}

/// What a mapping is known by: an attribute is mapped once for each object (R13).
package struct MappingKey: Hashable, Sendable {
    package var object: SyncedObject
    package var intercom: String

    package init(object: SyncedObject, intercom: String) {
        self.object = object
        self.intercom = intercom
    }
}

/// One Intercom attribute joined to one Salesforce field, in one direction (R13).
package struct Mapping: Hashable, Sendable {
    package var key: MappingKey
    package var salesforce: String
    package var direction: SyncDirection

    package init(key: MappingKey, salesforce: String, direction: SyncDirection) {
        self.key = key
        self.salesforce = salesforce
        self.direction = direction
    }
}

/// How far a bulk sync is, in records (R14): updated + unchanged + skipped + failed = processed <= total.
package struct BulkSyncProgress: Hashable, Sendable {
    package var total: Int64
    package var processed: Int64
    package var updated: Int64
    package var unchanged: Int64
    package var skipped: Int64
    package var failed: Int64

    package init(
        total: Int64 = 0,
        processed: Int64 = 0,
        updated: Int64 = 0,
        unchanged: Int64 = 0,
        skipped: Int64 = 0,
        failed: Int64 = 0
    ) {
        self.total = total
        self.processed = processed
        self.updated = updated
        self.unchanged = unchanged
        self.skipped = skipped
        self.failed = failed
    }
}

/// What went wrong in a sync, where (R20).
package struct SyncErrorReport: Hashable, Sendable {
    package var direction: SyncDirection
    package var syncType: SyncType
    package var object: SyncedObject
    package var record: String
    package var attribute: String?
    package var failure: Failure

    package init(
        direction: SyncDirection,
        syncType: SyncType,
        object: SyncedObject,
        record: String,
        attribute: String?,
        failure: Failure
    ) {
        self.direction = direction
        self.syncType = syncType
        self.object = object
        self.record = record
        self.attribute = attribute
        self.failure = failure
    }
}
