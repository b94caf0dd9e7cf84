package import EventSourcing

// MARK: - What follows from usage

extension QuotaState {
    /// The events that follow from the state as it stands at `now`, after an event that named the org and perhaps the
    /// workspace: for each workspace concerned `tier.changed`, then pauses of its bulk sync, then of its event-based sync.
    ///
    /// That is the workspace named or, where the allowance changed or its exhaustion began or ended, every workspace of
    /// the org in order of name. Once the events are taken in, nothing more follows. Allocates nothing when nothing does.
    package mutating func reactions(org name: String, workspace: String?, at now: Timestamp) -> [QuotaEvent] {
        guard let org = findOrg(name) else { return [] }
        let isUsedUp = orgs[org].isAllowanceUsedUp(at: now)
        var events: [QuotaEvent] = []
        if orgs[org].needsReview || orgs[org].pausedByAllowance != (isUsedUp ? orgs[org].workspaces.count : 0) {
            orgs[org].needsReview = false
            reviewAll(in: org, at: now, into: &events)
        } else if let workspace, let index = findWorkspace(workspace, in: org) {
            review(index, in: org, isAllowanceUsedUp: isUsedUp, at: now, into: &events)
        }
        return events
    }

    func reviewAll(in org: Int, at instant: Timestamp, into events: inout [QuotaEvent]) {
        let isUsedUp = orgs[org].isAllowanceUsedUp(at: instant)
        for workspace in orgs[org].byName(orgs[org].workspaces.indices) {
            review(workspace, in: org, isAllowanceUsedUp: isUsedUp, at: instant, into: &events)
        }
    }

    /// Appends the events that take a workspace from what the log last said to what usage at `instant` means.
    func review(
        _ workspace: Int,
        in org: Int,
        isAllowanceUsedUp: Bool,
        at instant: Timestamp,
        into events: inout [QuotaEvent]
    ) {
        let standing = orgs[org].workspaces[workspace].standing(allowance: orgs[org].allowance, at: instant)
        let verdict = Verdict(standing: standing, isAllowanceUsedUp: isAllowanceUsedUp)
        guard !orgs[org].workspaces[workspace].agrees(with: verdict) else { return }
        let changes = orgs[org].workspaces[workspace].changes(to: verdict, allowance: orgs[org].allowance, at: instant)
        for change in changes {
            events.append(QuotaEvent(org: orgs[org].name, workspace: orgs[org].workspaces[workspace].name, change))
        }
    }
}

/// What usage at one instant means for a workspace.
struct Verdict: Hashable {
    var standing: TierRule.Standing
    var isAllowanceUsedUp: Bool

    /// R12: with the allowance used up everything stops, whatever the limit.
    var tier: Tier { isAllowanceUsedUp ? .exhausted : standing.tier }

    func eventSyncWants(_ reason: PauseReason) -> Bool {
        reason == .quota ? standing.lines.event : isAllowanceUsedUp
    }

    func bulkSyncWants(_ reason: PauseReason) -> Bool {
        reason == .quota ? standing.lines.bulk : isAllowanceUsedUp
    }

    /// Both pauses that follow from usage, as a set.
    func pauses(lineReached: Bool) -> PauseReasons {
        var pauses: PauseReasons = []
        if lineReached { pauses.insert(.quota) }
        if isAllowanceUsedUp { pauses.insert(.allowance) }
        return pauses
    }

    /// The reasons that usage gives and takes, in the order in which they are reported.
    static let reasons: [PauseReason] = [.allowance, .quota]
}

extension WorkspaceState {
    func standing(allowance: Int64, at instant: Timestamp) -> TierRule.Standing {
        rule(allowance: allowance).standing(used: window.count(at: instant), before: linesReached)
    }

    /// Whether the log says already what usage means.
    fileprivate func agrees(with verdict: Verdict) -> Bool {
        guard tier == verdict.tier, eventSync.pauses == verdict.pauses(lineReached: verdict.standing.lines.event) else {
            return false
        }
        guard let pauses = bulkSyncs.activePauses else { return true }
        return pauses.subtracting(.operator) == verdict.pauses(lineReached: verdict.standing.lines.bulk)
    }

    fileprivate func changes(to verdict: Verdict, allowance: Int64, at instant: Timestamp) -> [QuotaEvent.Body] {
        var changes: [QuotaEvent.Body] = []
        if tier != verdict.tier {
            changes.append(.tierChanged(tierChange(to: verdict, allowance: allowance, at: instant)))
        }
        if let sync = bulkSyncs.active {
            for reason in Verdict.reasons
            where sync.pauses.contains(PauseReasons(reason)) != verdict.bulkSyncWants(reason) {
                changes.append(
                    verdict.bulkSyncWants(reason)
                        ? .bulkSyncPaused(sync: sync.number, reason: reason, at: instant)
                        : .bulkSyncResumed(sync: sync.number, reason: reason, at: instant)
                )
            }
        }
        for reason in Verdict.reasons
        where eventSync.pauses.contains(PauseReasons(reason)) != verdict.eventSyncWants(reason) {
            changes.append(
                verdict.eventSyncWants(reason)
                    ? .eventSyncPaused(reason: reason, at: instant) : .eventSyncResumed(reason: reason, at: instant)
            )
        }
        return changes
    }

    private func tierChange(to verdict: Verdict, allowance: Int64, at instant: Timestamp) -> TierChange {
        TierChange(
            from: tier,
            to: verdict.tier,
            at: instant,
            used: window.count(at: instant),
            limit: rule(allowance: allowance).limit,
            cause: cause(of: verdict)
        )
    }

    /// The allowance where it is what now stands in the way, or what no longer does; else the limit.
    private func cause(of verdict: Verdict) -> TierCause {
        if verdict.isAllowanceUsedUp { return verdict.standing.isLimitReached ? .limit : .allowance }
        return eventSync.pauses.contains(.allowance) ? .allowance : .limit
    }
}
