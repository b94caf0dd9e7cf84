/// What a call was made for (DESIGN §1).
package enum Purpose: String, CaseIterable, Sendable {
    case settings
    case inbox
    case eventSync = "event_sync"
    case bulkSync = "bulk_sync"
    case other
}

/// How much of the sync may still run (R5–R8), in rising order of usage.
package enum Tier: String, CaseIterable, Comparable, Sendable {
    case normal
    case bulkPaused = "bulk_paused"
    case syncPaused = "sync_paused"
    case exhausted

    package static func < (left: Tier, right: Tier) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .normal: 0
        case .bulkPaused: 1
        case .syncPaused: 2
        case .exhausted: 3
        }
    }
}

/// Which of the two allotments a tier follows from: the workspace's limit, or the org's allowance (R12).
package enum TierCause: String, CaseIterable, Sendable {
    case limit
    case allowance
}

/// Why a sync is paused (R16). Recovery clears its own reason only.
package enum PauseReason: String, CaseIterable, Comparable, Sendable {
    /// The workspace reached a pause line of its limit.
    case quota
    /// The org's allowance is used up.
    case allowance
    /// Somebody paused it.
    case `operator`

    package static func < (left: PauseReason, right: PauseReason) -> Bool { left.rawValue < right.rawValue }
}

/// The direction in which a mapped attribute is synced (R13).
package enum SyncDirection: String, CaseIterable, Sendable {
    case intercomToSalesforce = "intercom_to_salesforce"
    case salesforceToIntercom = "salesforce_to_intercom"
}

/// The two kinds of sync.
package enum SyncType: String, CaseIterable, Sendable {
    case eventSync = "event_sync"
    case bulkSync = "bulk_sync"

    /// What calls of this kind of sync, retries included, count as (R22).
    package var purpose: Purpose {
        switch self {
        case .eventSync: .eventSync
        case .bulkSync: .bulkSync
        }
    }
}

/// The Salesforce objects whose people are synced (R13). Accounts and cases are not.
package enum SyncedObject: String, CaseIterable, Sendable {
    case lead
    case contact
}

/// Where an observation came from (R4).
package enum ObservationSource: String, CaseIterable, Sendable {
    /// `used` and `allowance` were given as numbers.
    case reported
    /// The `Sforce-Limit-Info` header.
    case header
    /// The body of `/limits`.
    case limits
    /// A 403 that says the org's allowance is used up.
    case error
}

/// Where an org's allowance came from; the latest wins.
package enum AllowanceSource: String, CaseIterable, Sendable {
    case `default`
    case configured
    case observed
}

/// The life of a bulk sync (R14, R15).
package enum BulkSyncState: String, CaseIterable, Sendable {
    case running
    case paused
    case stopped
    case completed
    case failed

    package var isActive: Bool { self == .running || self == .paused }
}

/// Why a bulk sync was stopped (R15, R17).
package enum StopCause: String, CaseIterable, Sendable {
    case `operator`
    case settingsChanged = "settings_changed"
    case mappingChanged = "mapping_changed"
}
