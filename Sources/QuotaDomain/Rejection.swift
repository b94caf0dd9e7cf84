package import EventSourcing

/// Why a command or a question is refused. A refusal leaves no trace in the log (R24).
package enum Rejection: Error, Hashable, Sendable {
    /// A parameter is out of its bounds; `field` is its name on the wire.
    case invalid(field: String, message: String)
    case unknownOrg(String)
    case unknownWorkspace(org: String, workspace: String)
    case versionMismatch(expected: LogPosition, actual: LogPosition)
    /// The id was used with other content.
    case idReused(id: String?)
    /// A call dated before ids are held is only taken through an import (DESIGN §4).
    case beforeHorizon(at: Timestamp, horizon: Timestamp)
    case bulkSyncActive(BulkSyncReport)
    /// Nothing was started yet, or what was is over.
    case bulkSyncNotActive(BulkSyncReport?)
    case unknownBulkSync(Int64)
    case unknownMapping(MappingKey)
    /// The Salesforce field is joined to another attribute.
    case salesforceFieldMapped(salesforce: String, to: MappingKey)
    /// The attribute is synced the other way for another object (R13): that mapping and its direction.
    case attributeDirection(MappingKey, SyncDirection)
    case unknownSyncError(Int64)
    case retryActive(error: Int64)
    case noRetryActive(error: Int64)
    case purposePaused(Purpose, tier: Tier)
    /// There are as many as there may be; `what` is `orgs`, `workspaces`, `mappings` or `sync_errors`.
    case full(what: String, max: Int)
}
