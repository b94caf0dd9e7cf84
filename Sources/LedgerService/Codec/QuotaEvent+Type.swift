package import QuotaDomain

extension QuotaEvent.Body {
    /// The event's name on the wire.
    package var type: EventType {
        switch self {
        case .orgConfigured: .orgConfigured
        case .orgObserved: .orgObserved
        case .apiCalled: .apiCalled
        case .settingsChanged: .settingsChanged
        case .tierChanged: .tierChanged
        case .mappingSet: .mappingSet
        case .mappingRemoved: .mappingRemoved
        case .bulkSyncStarted: .bulkSyncStarted
        case .bulkSyncProgressed: .bulkSyncProgressed
        case .bulkSyncPaused: .bulkSyncPaused
        case .bulkSyncResumed: .bulkSyncResumed
        case .bulkSyncStopped: .bulkSyncStopped
        case .bulkSyncCompleted: .bulkSyncCompleted
        case .bulkSyncFailed: .bulkSyncFailed
        case .eventSyncPaused: .eventSyncPaused
        case .eventSyncResumed: .eventSyncResumed
        case .syncErrorReported: .syncErrorReported
        case .syncErrorRetryStarted: .syncErrorRetryStarted
        case .syncErrorResolved: .syncErrorResolved
        case .syncErrorRetryFailed: .syncErrorRetryFailed
        }
    }
}
