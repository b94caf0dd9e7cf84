package import EventSourcing

// MARK: - What follows from time alone (R23)

/// Usage only falls while no call arrives. What can change then is known in advance: for a workspace, that it leaves the
/// highest line it is over; for an org, that its allowance is no longer used up. The instant of it is the deadline.
extension QuotaState {
    /// The earliest instant, exact to the millisecond, at which some tier or pause changes if no call arrives; nil when
    /// none will. Remembers what it works out, hence mutating.
    package var nextTransition: Timestamp? {
        mutating get { nextDeadline(until: .representable.upperBound)?.deadline }
    }

    /// The same when it is due by `now`; nil otherwise. Does not work out anew what calls can only have put off.
    package mutating func dueTransition(by now: Timestamp) -> Timestamp? {
        guard let first = nextDeadline(until: now)?.deadline, first <= now else { return nil }
        return first
    }

    /// Before this nothing changes by time alone: when to look again. `nextTransition` or earlier, and cheaper: under load
    /// calls put deadlines off all the time, and there is no need to know to when.
    package var earliestTransition: Timestamp? {
        mutating get {
            workOutDisturbed()
            return deadlines.first?.deadline
        }
    }

    /// The events that take effect exactly at `instant`, which is the next or a due transition. The caller takes them in.
    package mutating func transitions(at instant: Timestamp) -> [QuotaEvent] {
        var due: [TimerKey] = []
        while let (deadline, key) = nextDeadline(until: instant), deadline <= instant {
            deadlines.set(key, to: nil)
            due.append(key)
        }
        for key in due { disturb(key) }
        return events(of: due, at: instant)
    }
}

extension QuotaState {
    /// Orgs and within them workspaces in order of name; every workspace where the org itself is due.
    private func events(of due: [TimerKey], at instant: Timestamp) -> [QuotaEvent] {
        var events: [QuotaEvent] = []
        for org in Set(due.map(\.org)).sorted(by: { orgs[$0].name < orgs[$1].name }) {
            let isUsedUp = orgs[org].isAllowanceUsedUp(at: instant)
            let isDue = due.contains(TimerKey(org: org, workspace: nil))
            let workspaces =
                isDue ? Set(orgs[org].workspaces.indices) : Set(due.filter { $0.org == org }.compactMap(\.workspace))
            for workspace in orgs[org].byName(workspaces) {
                review(workspace, in: org, isAllowanceUsedUp: isUsedUp, at: instant, into: &events)
            }
        }
        return events
    }

    /// The first deadline, exact where it is at or before `limit`: calls that came in since one was worked out can only
    /// have moved it away, so only the first has to be looked at again.
    private mutating func nextDeadline(until limit: Timestamp) -> (deadline: Timestamp, key: TimerKey)? {
        workOutDisturbed()
        while let first = deadlines.first {
            guard first.deadline <= limit, takeNewCalls(of: first.key) else { return first }
            deadlines.set(first.key, to: deadline(of: first.key))
        }
        return nil
    }

    private mutating func workOutDisturbed() {
        guard !disturbed.isEmpty else { return }
        for key in disturbed {
            _ = takeNewCalls(of: key)
            clearDisturbed(key)
            deadlines.set(key, to: deadline(of: key))
        }
        disturbed.removeAll(keepingCapacity: true)
    }

    /// Whether calls came in since the deadline was last worked out; as of now they did not.
    private mutating func takeNewCalls(of key: TimerKey) -> Bool {
        guard let workspace = key.workspace else {
            defer { orgs[key.org].timer.hasNewCalls = false }
            return orgs[key.org].timer.hasNewCalls
        }
        defer { orgs[key.org].workspaces[workspace].timer.hasNewCalls = false }
        return orgs[key.org].workspaces[workspace].timer.hasNewCalls
    }

    private mutating func clearDisturbed(_ key: TimerKey) {
        if let workspace = key.workspace {
            orgs[key.org].workspaces[workspace].timer.isDisturbed = false
        } else {
            orgs[key.org].timer.isDisturbed = false
        }
    }

    private func deadline(of key: TimerKey) -> Timestamp? {
        guard let workspace = key.workspace else { return orgs[key.org].recovery }
        return orgs[key.org].workspaces[workspace].deadline(allowance: orgs[key.org].allowance)
    }
}

extension OrgState {
    /// When the allowance is no longer used up if it is now and no call arrives.
    var recovery: Timestamp? {
        guard pausedByAllowance > 0 else { return nil }
        guard let observation else { return window.instant(whenBelow: allowance) }
        let whileFresh = window.instant(whenBelow: allowance - observation.unattributed)
        if let whileFresh, whileFresh < observation.staleAt { return whileFresh }
        return window.instant(whenBelow: allowance).map { max($0, observation.staleAt) }
    }
}

extension WorkspaceState {
    /// When the workspace leaves the highest line it is over, if no call arrives, where that changes its tier or a pause.
    /// Behind a used-up allowance its tier does not show, but the pauses for its own limit go on.
    func deadline(allowance: Int64) -> Timestamp? {
        guard announced.tier != .normal else { return nil }
        let rule = rule(allowance: allowance)
        let isTierItsOwn = !announced.eventSync.pauses.contains(.allowance)
        var line: Int64 = 0
        if isTierItsOwn, announced.tier == .exhausted { line = rule.limit }
        if announced.eventSync.pauses.contains(.quota) { line = max(line, rule.eventLineLeft) }
        if isTierItsOwn || bulkSyncs.activePauses?.contains(.quota) == true { line = max(line, rule.bulkLineLeft) }
        return window.instant(whenBelow: line)
    }

    /// When the tier next falls, if no call arrives and its org's allowance is used up until `recovery`.
    func tierFall(allowance: Int64, recovery: Timestamp?) -> Timestamp? {
        let rule = rule(allowance: allowance)
        switch announced.tier {
        case .normal: return nil
        case .bulkPaused: return window.instant(whenBelow: rule.bulkLineLeft)
        case .syncPaused: return window.instant(whenBelow: rule.eventLineLeft)
        case .exhausted: break
        }
        guard announced.eventSync.pauses.contains(.allowance) else { return window.instant(whenBelow: rule.limit) }
        guard let recovery, let withinLimit = window.instant(whenBelow: rule.limit) else { return nil }
        return max(recovery, withinLimit)
    }
}
