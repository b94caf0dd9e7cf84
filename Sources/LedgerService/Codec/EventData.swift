import EventSourcing
import LineJSON
import QuotaDomain

/// The `data` object of every event but `api.called`, read member by member. Nil wherever one is missing or is not what
/// `EventWriter` writes.
struct EventData {
    private let data: JSONView

    init(_ data: JSONView) {
        self.data = data
    }

    func body(of type: EventType) -> QuotaEvent.Body? {
        switch type {
        case .orgConfigured, .orgObserved: orgBody(type)
        case .apiCalled: nil
        case .settingsChanged: settingsChange.map { .settingsChanged($0) }
        case .tierChanged: tierChange.map { .tierChanged($0) }
        case .mappingSet, .mappingRemoved: mappingBody(type)
        case .bulkSyncStarted, .bulkSyncProgressed, .bulkSyncPaused, .bulkSyncResumed, .bulkSyncStopped,
            .bulkSyncCompleted, .bulkSyncFailed:
            bulkSyncBody(type)
        case .eventSyncPaused, .eventSyncResumed: eventSyncBody(type)
        case .syncErrorReported, .syncErrorRetryStarted, .syncErrorResolved, .syncErrorRetryFailed:
            syncErrorBody(type)
        }
    }

    /// The identity of the command that the event came of, when it had one.
    func identity(org: String, workspace: String?) -> RequestIdentity? {
        guard let id = text("id"), let fingerprint = text("fingerprint").flatMap(FingerprintText.fingerprint) else {
            return nil
        }
        let scope: IdentityDigest.Scope = workspace.map { .workspace($0) } ?? .org
        let key = IdentityDigest.key(org: org, scope: scope, id: id, fingerprint: fingerprint)
        return RequestIdentity(id: id, key: key)
    }
}

extension EventData {
    private func orgBody(_ type: EventType) -> QuotaEvent.Body? {
        if type == .orgConfigured {
            return .orgConfigured(
                allowance: integer("allowance"),
                idempotencyDays: integer("idempotency_days").map { Int($0) }
            )
        }
        guard let used = integer("used"), let allowance = integer("allowance"), let at = instant("at"),
            let source = choice("source", ObservationSource.self)
        else { return nil }
        return .orgObserved(used: used, allowance: allowance, at: at, source: source)
    }

    private var settingsChange: SettingsChange? {
        var change = SettingsChange()
        if let limit = data["limit"] { change.limit = .some(limit.integer) }
        if let email = data["installer_email"] { change.installerEmail = .some(email.string()) }
        change.bulkPausePercent = integer("bulk_pause_percent")
        change.eventPausePercent = integer("event_pause_percent")
        change.warnPercent = integer("warn_percent")
        change.resumeHysteresisPercent = integer("resume_hysteresis_percent")
        return change
    }

    private var tierChange: TierChange? {
        guard let from = choice("from", Tier.self), let to = choice("to", Tier.self), let at = instant("at"),
            let used = integer("used"), let limit = integer("limit"), let cause = choice("cause", TierCause.self)
        else { return nil }
        return TierChange(from: from, to: to, at: at, used: used, limit: limit, cause: cause)
    }

    private func mappingBody(_ type: EventType) -> QuotaEvent.Body? {
        guard let object = choice("object", SyncedObject.self), let intercom = text("intercom") else { return nil }
        let key = MappingKey(object: object, intercom: intercom)
        if type == .mappingRemoved { return .mappingRemoved(key) }
        guard let salesforce = text("salesforce"), let direction = choice("direction", SyncDirection.self) else {
            return nil
        }
        return .mappingSet(Mapping(key: key, salesforce: salesforce, direction: direction))
    }

    private func eventSyncBody(_ type: EventType) -> QuotaEvent.Body? {
        guard let reason = choice("reason", PauseReason.self), let at = instant("at") else { return nil }
        return type == .eventSyncPaused
            ? .eventSyncPaused(reason: reason, at: at) : .eventSyncResumed(reason: reason, at: at)
    }
}

extension EventData {
    private func bulkSyncBody(_ type: EventType) -> QuotaEvent.Body? {
        guard let sync = integer("sync") else { return nil }
        switch type {
        case .bulkSyncStarted: return pauses.map { .bulkSyncStarted(sync: sync, pauses: $0) }
        case .bulkSyncProgressed: return progress.map { .bulkSyncProgressed(sync: sync, $0) }
        case .bulkSyncStopped: return choice("cause", StopCause.self).map { .bulkSyncStopped(sync: sync, cause: $0) }
        case .bulkSyncCompleted: return .bulkSyncCompleted(sync: sync)
        case .bulkSyncFailed: return failure.map { .bulkSyncFailed(sync: sync, $0) }
        default:
            guard let reason = choice("reason", PauseReason.self), let at = instant("at") else { return nil }
            return type == .bulkSyncPaused
                ? .bulkSyncPaused(sync: sync, reason: reason, at: at)
                : .bulkSyncResumed(sync: sync, reason: reason, at: at)
        }
    }

    private var pauses: [PauseReason]? {
        guard let list = data["pauses"], list.kind == .array else { return nil }
        let reasons = list.elements.compactMap { $0.string().flatMap(PauseReason.init(rawValue:)) }
        return reasons.count == list.count ? reasons : nil
    }

    private var progress: BulkSyncProgress? {
        guard let total = integer("total"), let processed = integer("processed"), let updated = integer("updated"),
            let unchanged = integer("unchanged"), let skipped = integer("skipped"), let failed = integer("failed")
        else { return nil }
        return BulkSyncProgress(
            total: total,
            processed: processed,
            updated: updated,
            unchanged: unchanged,
            skipped: skipped,
            failed: failed
        )
    }

    private func syncErrorBody(_ type: EventType) -> QuotaEvent.Body? {
        guard let error = integer("error"), let attempt = integer("attempt") else { return nil }
        switch type {
        case .syncErrorReported:
            guard let report, let at = instant("at") else { return nil }
            return .syncErrorReported(error: error, report, at: at)
        case .syncErrorRetryStarted: return .syncErrorRetryStarted(error: error, attempt: attempt)
        case .syncErrorResolved: return .syncErrorResolved(error: error, attempt: attempt)
        default: return failure.map { .syncErrorRetryFailed(error: error, attempt: attempt, $0) }
        }
    }

    private var report: SyncErrorReport? {
        guard let direction = choice("direction", SyncDirection.self), let type = choice("sync_type", SyncType.self),
            let object = choice("object", SyncedObject.self), let record = text("record"), let failure
        else { return nil }
        return SyncErrorReport(
            direction: direction,
            syncType: type,
            object: object,
            record: record,
            attribute: text("attribute"),
            failure: failure
        )
    }

    private var failure: Failure? {
        guard let code = text("code"), let message = text("message") else { return nil }
        return Failure(code: code, message: message)
    }
}

extension EventData {
    private func text(_ name: StaticString) -> String? { data[name]?.string() }
    private func integer(_ name: StaticString) -> Int64? { data[name]?.integer }
    private func instant(_ name: StaticString) -> Timestamp? { data[name]?.timestamp }

    private func choice<Choice: RawRepresentable>(_ name: StaticString, _: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        text(name).flatMap(Choice.init(rawValue:))
    }
}
