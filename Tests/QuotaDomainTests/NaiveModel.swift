import EventSourcing
import QuotaDomain

/// The domain once more, as simply as it can be said: a list of all calls, counted anew for every question, and for every
/// workspace what was last announced. Written from the design, not from the code that it checks.
struct NaiveModel {
    struct MadeCall {
        var org: String
        var workspace: String?
        var calls: Int64
        /// From when it counts.
        var at: Timestamp
    }

    struct Observed {
        var used: Int64
        var at: Timestamp
    }

    struct Workspace {
        var limit: Int64?
        var bulkPercent: Int64 = 40
        var eventPercent: Int64 = 80
        var warnPercent: Int64 = 80
        var hysteresis: Int64 = 0

        // As last announced.
        var tier = Tier.normal
        var eventReasons: Set<PauseReason> = []
        /// Reasons of the active bulk sync; nil when there is none.
        var bulkReasons: Set<PauseReason>?
        var bulkNumber: Int64 = 0
        /// Which pause lines it was last announced to be over.
        var isOverBulkLine = false
        var isOverEventLine = false
    }

    struct Org {
        var allowance: Int64 = 15_000
        var observed: Observed?
        var idempotencyDays: Int64 = 7
        /// Of calls dated before this, ids were let go when the days changed.
        var letGoBefore: Timestamp?
        var workspaces: [String: Workspace] = [:]
    }

    var calls: [MadeCall] = []
    var orgs: [String: Org] = [:]

    // MARK: Counting

    func made(_ org: String, from start: Timestamp, to end: Timestamp, where isCounted: (MadeCall) -> Bool) -> Int64 {
        var sum: Int64 = 0
        for call in calls where call.org == org && start < call.at && call.at <= end && isCounted(call) {
            sum += call.calls
        }
        return sum
    }

    func used(_ org: String, _ workspace: String?, at now: Timestamp) -> Int64 {
        made(org, from: now - .hours(24), to: now) { $0.workspace == workspace }
    }

    func freshObservation(_ org: String, at now: Timestamp) -> Observed? {
        guard let observed = orgs[org]?.observed, observed.at > now - .hours(24) else { return nil }
        return observed
    }

    /// Reported minus recorded; nil without a fresh observation.
    func residual(_ org: String, at now: Timestamp) -> Int64? {
        guard let observed = freshObservation(org, at: now) else { return nil }
        return observed.used - made(org, from: observed.at - .hours(24), to: observed.at) { _ in true }
    }

    func orgUsed(_ org: String, at now: Timestamp) -> Int64 {
        made(org, from: now - .hours(24), to: now) { _ in true } + max(residual(org, at: now) ?? 0, 0)
    }

    /// The earliest date that a call may have.
    func horizon(_ org: String, at now: Timestamp) -> Timestamp {
        let owner = orgs[org] ?? Org()
        let start = now - .days(owner.idempotencyDays)
        return max(start, owner.letGoBefore ?? start)
    }

    // MARK: What usage means

    struct Meaning {
        var isOverBulkLine: Bool
        var isOverEventLine: Bool
        var isAtLimit: Bool
        var isAllowanceUsedUp: Bool

        var tier: Tier {
            if isAllowanceUsedUp || isAtLimit { return .exhausted }
            if isOverEventLine { return .syncPaused }
            if isOverBulkLine { return .bulkPaused }
            return .normal
        }

        func reasons(isOverLine: Bool) -> Set<PauseReason> {
            var reasons: Set<PauseReason> = []
            if isOverLine { reasons.insert(.quota) }
            if isAllowanceUsedUp { reasons.insert(.allowance) }
            return reasons
        }
    }

    func meaning(_ org: String, _ name: String, at now: Timestamp) -> Meaning {
        guard let owner = orgs[org], let workspace = owner.workspaces[name] else {
            return Meaning(isOverBulkLine: false, isOverEventLine: false, isAtLimit: false, isAllowanceUsedUp: false)
        }
        let used = used(org, name, at: now)
        let limit = workspace.limit ?? owner.allowance
        func isOver(_ percent: Int64, before: Bool) -> Bool {
            if used * 100 >= limit * percent { return true }
            if used * 100 < limit * (percent - workspace.hysteresis) { return false }
            return before
        }
        return Meaning(
            isOverBulkLine: isOver(workspace.bulkPercent, before: workspace.isOverBulkLine),
            isOverEventLine: isOver(workspace.eventPercent, before: workspace.isOverEventLine),
            isAtLimit: used * 100 >= limit * 100,
            isAllowanceUsedUp: orgUsed(org, at: now) >= owner.allowance
        )
    }

    /// What a workspace has to announce at `now`; announced with this.
    mutating func announce(_ org: String, _ name: String, at now: Timestamp) -> [QuotaEvent] {
        guard let owner = orgs[org], var workspace = owner.workspaces[name] else { return [] }
        let meaning = meaning(org, name, at: now)
        let wasUsedUp = workspace.eventReasons.contains(.allowance)
        var bodies: [QuotaEvent.Body] = []
        if meaning.tier != workspace.tier {
            var cause = TierCause.limit
            if meaning.isAllowanceUsedUp, !meaning.isAtLimit { cause = .allowance }
            if wasUsedUp, !meaning.isAllowanceUsedUp { cause = .allowance }
            bodies.append(
                .tierChanged(
                    TierChange(
                        from: workspace.tier,
                        to: meaning.tier,
                        at: now,
                        used: used(org, name, at: now),
                        limit: workspace.limit ?? owner.allowance,
                        cause: cause
                    )
                )
            )
            workspace.tier = meaning.tier
        }
        if !meaning.isAllowanceUsedUp {
            (workspace.isOverBulkLine, workspace.isOverEventLine) = (meaning.isOverBulkLine, meaning.isOverEventLine)
        }
        if var reasons = workspace.bulkReasons {
            let wanted = meaning.reasons(isOverLine: meaning.isOverBulkLine)
            for reason in [PauseReason.allowance, .quota] where wanted.contains(reason) != reasons.contains(reason) {
                let isPause = wanted.contains(reason)
                bodies.append(
                    isPause
                        ? .bulkSyncPaused(sync: workspace.bulkNumber, reason: reason, at: now)
                        : .bulkSyncResumed(sync: workspace.bulkNumber, reason: reason, at: now)
                )
                if isPause { reasons.insert(reason) } else { reasons.remove(reason) }
                if reason == .quota { workspace.isOverBulkLine = isPause }
            }
            workspace.bulkReasons = reasons
        }
        let wanted = meaning.reasons(isOverLine: meaning.isOverEventLine)
        for reason in [PauseReason.allowance, .quota]
        where wanted.contains(reason) != workspace.eventReasons.contains(reason) {
            let isPause = wanted.contains(reason)
            bodies.append(
                isPause ? .eventSyncPaused(reason: reason, at: now) : .eventSyncResumed(reason: reason, at: now)
            )
            if reason == .quota {
                workspace.isOverEventLine = isPause
                if isPause { workspace.isOverBulkLine = true }
            }
        }
        workspace.eventReasons = wanted
        orgs[org]?.workspaces[name] = workspace
        return bodies.map { QuotaEvent(org: org, workspace: name, $0) }
    }

    mutating func announceAll(in org: String, at now: Timestamp) -> [QuotaEvent] {
        (orgs[org]?.workspaces.keys.sorted() ?? []).flatMap { announce(org, $0, at: now) }
    }

    /// Every instant at which anything could change by time alone: a call or an observation grows a day old.
    func candidates(after start: Timestamp, through end: Timestamp) -> [Timestamp] {
        let dates = calls.map(\.at) + orgs.values.compactMap(\.observed?.at)
        return Set(dates.map { $0 + .hours(24) }.filter { start < $0 && $0 <= end }).sorted()
    }

    /// What time brings in (start, end].
    mutating func pass(from start: Timestamp, to end: Timestamp) -> [QuotaEvent] {
        candidates(after: start, through: end).flatMap { instant in
            orgs.keys.sorted().flatMap { announceAll(in: $0, at: instant) }
        }
    }

    /// When time next brings anything.
    func nextTransition(after now: Timestamp) -> Timestamp? {
        candidates(after: now, through: now + .hours(49)).first { instant in
            var copy = self
            return orgs.keys.contains { !copy.announceAll(in: $0, at: instant).isEmpty }
        }
    }

    /// When the tier of a workspace next falls.
    func nextFall(_ org: String, _ name: String, after now: Timestamp) -> Timestamp? {
        guard let tier = orgs[org]?.workspaces[name]?.tier else { return nil }
        return candidates(after: now, through: now + .hours(49)).first { meaning(org, name, at: $0).tier < tier }
    }

    // MARK: Taking in

    mutating func record(_ call: Call, at now: Timestamp) {
        orgs[call.org, default: Org()].touch(call.workspace)
        guard call.counted else { return }
        calls.append(
            MadeCall(org: call.org, workspace: call.workspace, calls: call.calls, at: min(call.at ?? now, now))
        )
    }

    /// Takes in what a command was decided to mean.
    mutating func take(_ event: QuotaEvent, at now: Timestamp) {
        orgs[event.org, default: Org()].touch(event.workspace)
        switch event.body {
        case .orgConfigured(let allowance, let days):
            if let allowance { orgs[event.org]?.allowance = allowance }
            guard let days else { return }
            let start = horizon(event.org, at: now)
            orgs[event.org]?.letGoBefore = start
            orgs[event.org]?.idempotencyDays = Int64(days)
        case .orgObserved(let used, let allowance, let at, _):
            if let present = freshObservation(event.org, at: now), at < present.at { return }
            orgs[event.org]?.observed = Observed(used: used, at: at)
            orgs[event.org]?.allowance = allowance
        default:
            guard let name = event.workspace else { return }
            orgs[event.org]?.workspaces[name]?.take(event.body)
        }
    }

    /// Forgets what no question reaches any more, to stay fast in long runs.
    mutating func forget(before instant: Timestamp) { calls.removeAll { $0.at < instant } }
}

extension NaiveModel.Org {
    mutating func touch(_ workspace: String?) {
        if let workspace, workspaces[workspace] == nil { workspaces[workspace] = NaiveModel.Workspace() }
    }
}

extension NaiveModel.Workspace {
    mutating func take(_ body: QuotaEvent.Body) {
        switch body {
        case .settingsChanged(let change):
            if let new = change.limit { limit = new }
            bulkPercent = change.bulkPausePercent ?? bulkPercent
            eventPercent = change.eventPausePercent ?? eventPercent
            warnPercent = change.warnPercent ?? warnPercent
            hysteresis = change.resumeHysteresisPercent ?? hysteresis
        case .bulkSyncStarted(let sync, let pauses):
            (bulkNumber, bulkReasons) = (sync, Set(pauses))
            isOverBulkLine = pauses.contains(.quota)
        case .bulkSyncPaused(_, .operator, _):
            bulkReasons?.insert(.operator)
        case .bulkSyncResumed(_, .operator, _):
            bulkReasons?.remove(.operator)
        case .bulkSyncStopped, .bulkSyncCompleted, .bulkSyncFailed:
            bulkReasons = nil
        default:
            break
        }
    }
}
