package import EventSourcing

// MARK: - Taking events in

/// `evolve` believes: what an event says is so, also where no decision of today would say it. What it cannot refer to
/// anything, as only a damaged log has it, changes nothing.
extension QuotaState {
    package mutating func evolve(_ event: QuotaEvent, at position: LogPosition, time: Timestamp) {
        if case .apiCalled(var call) = event.body {
            (call.org, call.workspace) = (event.org, event.workspace)
            return record(call, at: position, time: time)
        }
        note(position, at: time)
        let org = ensureOrg(event.org)
        if let identity = event.identity {
            ids.hold(identity.key, at: position, within: orgs[org].horizon, time: self.time)
        }
        if let name = event.workspace {
            evolveWorkspace(ensureWorkspace(name, in: org), in: org, by: event.body, at: position)
        } else {
            evolveOrg(org, by: event.body)
        }
    }

    private mutating func evolveOrg(_ org: Int, by body: QuotaEvent.Body) {
        switch body {
        case .orgConfigured(let allowance, let idempotencyDays):
            if let allowance { setAllowance(allowance, source: .configured, of: org) }
            if let idempotencyDays { setIdempotencyDays(idempotencyDays, of: org) }
        case .orgObserved(let used, let allowance, let at, let source):
            observe(used: used, allowance: allowance, at: at, source: source, in: org)
        default:
            break
        }
    }

    private mutating func setAllowance(_ allowance: Int64, source: AllowanceSource, of org: Int) {
        orgs[org].allowance = Policy.clampedToWindowMax(allowance)
        orgs[org].allowanceSource = source
        disturbAll(in: org)
    }

    /// Ids beyond the horizon until now stay let go, whatever the new one is.
    private mutating func setIdempotencyDays(_ days: Int, of org: Int) {
        orgs[org].horizon.floor = ids.firstHeld(within: orgs[org].horizon, at: time)
        orgs[org].horizon.floorInstant = orgs[org].horizon.start(at: time)
        orgs[org].horizon.days = min(max(days, 1), Policy.idempotencyDaysMax)
        ids.setLongestHorizon(IdempotencyRegister.longest(of: orgs.map(\.horizon)), at: time)
    }

    /// An observation dated before a fresh one is in the log only.
    private mutating func observe(
        used: Int64,
        allowance: Int64,
        at reportedAt: Timestamp,
        source: ObservationSource,
        in org: Int
    ) {
        let at = min(reportedAt, time)
        if let current = orgs[org].freshObservation(at: time), at < current.at { return }
        orgs[org].window.advance(to: time)
        orgs[org].observation = OrgState.Observation(
            used: Policy.clampedToWindowMax(used),
            allowance: Policy.clampedToWindowMax(allowance),
            at: at,
            source: source,
            recorded: orgs[org].window.count(after: at - Policy.window, through: at)
        )
        let source = source == .error ? orgs[org].allowanceSource : .observed
        setAllowance(allowance, source: source, of: org)
    }

    private mutating func evolveWorkspace(
        _ workspace: Int,
        in org: Int,
        by body: QuotaEvent.Body,
        at position: LogPosition
    ) {
        let wasPaused = orgs[org].workspaces[workspace].announced.eventSync.pauses.contains(.allowance)
        orgs[org].workspaces[workspace].evolve(body, at: position, time: time)
        let isPaused = orgs[org].workspaces[workspace].announced.eventSync.pauses.contains(.allowance)
        if isPaused != wasPaused {
            orgs[org].pausedByAllowance += isPaused ? 1 : -1
            disturb(TimerKey(org: org, workspace: nil))
        }
        disturb(TimerKey(org: org, workspace: workspace))
    }

    mutating func disturbAll(in org: Int) {
        orgs[org].needsReview = true
        disturb(TimerKey(org: org, workspace: nil))
        for workspace in orgs[org].workspaces.indices { disturb(TimerKey(org: org, workspace: workspace)) }
    }
}

extension WorkspaceState {
    fileprivate mutating func evolve(_ body: QuotaEvent.Body, at position: LogPosition, time: Timestamp) {
        if body.countsForVersion { version = position }
        switch body {
        case .settingsChanged(let change):
            settings.apply(change.clamped)
        case .tierChanged(let change):
            evolveTier(change)
        case .mappingSet(let mapping):
            set(MappingReport(mapping: mapping, position: position))
        case .mappingRemoved(let key):
            mappings.removeAll { $0.mapping.key == key }
        case .bulkSyncStarted, .bulkSyncProgressed, .bulkSyncPaused, .bulkSyncResumed, .bulkSyncStopped,
            .bulkSyncCompleted, .bulkSyncFailed:
            evolveBulkSync(body, at: position, time: time)
        case .eventSyncPaused(let reason, let at):
            evolveEventSync(announced.eventSync.pauses.union(PauseReasons(reason)), at: at)
            if reason == .quota { announced.lines = LinesReached(bulk: true, event: true) }
        case .eventSyncResumed(let reason, let at):
            evolveEventSync(announced.eventSync.pauses.subtracting(PauseReasons(reason)), at: at)
            if reason == .quota { announced.lines.event = false }
        case .syncErrorReported, .syncErrorRetryStarted, .syncErrorResolved, .syncErrorRetryFailed:
            evolveSyncErrors(body, at: position)
        case .orgConfigured, .orgObserved, .apiCalled:
            break
        }
    }

    /// A tier that follows from the allowance says nothing about the pause lines.
    private mutating func evolveTier(_ change: TierChange) {
        announced.tier = change.to
        if change.to == .exhausted, change.cause == .allowance { return }
        announced.lines = LinesReached(bulk: change.to >= .bulkPaused, event: change.to >= .syncPaused)
    }

    private mutating func set(_ report: MappingReport) {
        if let index = mappingIndex(report.mapping.key) {
            mappings[index] = report
        } else {
            let index = mappings.firstIndex { report.mapping.key < $0.mapping.key }
            mappings.insert(report, at: index ?? mappings.count)
        }
    }

    private mutating func evolveBulkSync(_ body: QuotaEvent.Body, at position: LogPosition, time: Timestamp) {
        switch body {
        case .bulkSyncStarted(let sync, let reasons):
            let pauses = PauseReasons(reasons)
            bulkSyncs.start(sync, at: position, pauses: pauses, time: time)
            announced.lines.bulk = pauses.contains(.quota)
        case .bulkSyncProgressed(let sync, let progress):
            bulkSyncs.update(sync) { $0.progress = progress }
        case .bulkSyncPaused(let sync, let reason, _):
            bulkSyncs.update(sync) { $0.pauses.formUnion(PauseReasons(reason)) }
            if reason == .quota { announced.lines.bulk = true }
        case .bulkSyncResumed(let sync, let reason, _):
            bulkSyncs.update(sync) { $0.pauses.subtract(PauseReasons(reason)) }
            if reason == .quota { announced.lines.bulk = false }
        case .bulkSyncStopped(let sync, let cause):
            endBulkSync(sync, .stopped(cause), at: time)
        case .bulkSyncCompleted(let sync):
            endBulkSync(sync, .completed, at: time)
        case .bulkSyncFailed(let sync, let failure):
            endBulkSync(sync, .failed(failure), at: time)
        default:
            break
        }
    }

    private mutating func endBulkSync(_ sync: Int64, _ outcome: BulkSync.Outcome, at time: Timestamp) {
        bulkSyncs.update(sync) { $0.end = BulkSync.End(at: time, outcome: outcome) }
    }

    private mutating func evolveEventSync(_ pauses: PauseReasons, at instant: Timestamp) {
        if pauses.isEmpty != announced.eventSync.pauses.isEmpty { announced.eventSync.since = instant }
        announced.eventSync.pauses = pauses
    }

    private mutating func evolveSyncErrors(_ body: QuotaEvent.Body, at position: LogPosition) {
        switch body {
        case .syncErrorReported(let error, let report, let at):
            syncErrors.add(error, report, at: at, position: position)
        case .syncErrorRetryStarted(let error, _):
            syncErrors.update(error) { $0.isRetrying = true }
        case .syncErrorResolved(let error, _):
            syncErrors.remove(error)
        case .syncErrorRetryFailed(let error, let attempt, let failure):
            syncErrors.update(error) {
                $0.isRetrying = false
                $0.attempt = min(attempt, .max - 1)
                $0.report.failure = failure
            }
        default:
            break
        }
    }
}

extension QuotaEvent.Body {
    /// Whether the event makes a new version of its workspace: somebody's command about the workspace did it, not usage
    /// and not time.
    fileprivate var countsForVersion: Bool {
        switch self {
        case .apiCalled, .tierChanged, .eventSyncPaused, .eventSyncResumed: false
        case .bulkSyncPaused(_, let reason, _), .bulkSyncResumed(_, let reason, _): reason == .operator
        default: true
        }
    }
}

extension SettingsChange {
    /// Within the bounds that arithmetic on settings relies on.
    fileprivate var clamped: SettingsChange {
        var change = self
        if case .some(.some(let limit)) = limit { change.limit = Policy.clampedToWindowMax(limit) }
        change.bulkPausePercent = bulkPausePercent.map { min(max($0, 0), 100) }
        change.eventPausePercent = eventPausePercent.map { min(max($0, 0), 100) }
        change.warnPercent = warnPercent.map { min(max($0, 0), 100) }
        change.resumeHysteresisPercent = resumeHysteresisPercent.map { min(max($0, 0), 100) }
        return change
    }
}

extension MappingKey {
    static func < (left: MappingKey, right: MappingKey) -> Bool {
        (left.object.rawValue, left.intercom) < (right.object.rawValue, right.intercom)
    }
}
