package import EventSourcing

// MARK: - What follows from usage

extension QuotaState {
    /// The events that follow from the state as it stands at `now`, after an event that named the org and perhaps the
    /// workspace: for each workspace concerned `tier.changed`, then pauses of its bulk sync, then of its event-based sync.
    ///
    /// That is the workspace named or, where the allowance changed or its exhaustion began or ended, every workspace of
    /// the org in order of name. Once the events are taken in, nothing more follows. Allocates nothing when nothing does.
    package mutating func reactions(org: String, workspace: String?, at now: Timestamp) -> [QuotaEvent] {
        reactions(at: place(of: Caller(org: org, workspace: workspace)), at: now)
    }

    /// The same after a call from that place.
    package mutating func reactions(at place: CallerPlace, at now: Timestamp) -> [QuotaEvent] {
        guard let org = place.org else { return [] }
        let isUsedUp = orgs[org].isAllowanceUsedUp(at: now)
        var events: [QuotaEvent] = []
        if orgs[org].needsReview || isAllowanceNews(to: place.workspace, in: org, isUsedUp: isUsedUp) {
            orgs[org].needsReview = false
            reviewAll(in: org, at: now, into: &events)
        } else if let workspace = place.workspace {
            review(workspace, in: org, isAllowanceUsedUp: isUsedUp, at: now, into: &events)
        }
        return events
    }

    /// Whether the allowance's exhaustion, or its end, is news to some workspace other than the one given: a new one, in an
    /// org that has used it up, is the only one it is news to.
    private func isAllowanceNews(to workspace: Int?, in org: Int, isUsedUp: Bool) -> Bool {
        let paused = orgs[org].pausedByAllowance
        let isPaused = workspace.map { orgs[org].workspaces[$0].announced.eventSync.pauses.contains(.allowance) }
        if isUsedUp { return orgs[org].workspaces.count - paused > (isPaused == false ? 1 : 0) }
        return paused > (isPaused == true ? 1 : 0)
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
        let used = orgs[org].workspaces[workspace].window.count(at: instant)
        let rule = TierRule(
            limit: orgs[org].workspaces[workspace].settings.limit ?? orgs[org].allowance,
            percents: orgs[org].workspaces[workspace].settings.percents
        )
        let standing = rule.standing(used: used, before: orgs[org].workspaces[workspace].announced.lines)
        let verdict = Verdict(standing: standing, isAllowanceUsedUp: isAllowanceUsedUp)
        let isSettled =
            orgs[org].workspaces[workspace].announced.agrees(with: verdict)
            && verdict.agrees(withBulkSyncPausedFor: orgs[org].workspaces[workspace].bulkSyncs.activePauses)
        guard !isSettled else { return }
        let changes = orgs[org].workspaces[workspace].changes(to: verdict, used: used, limit: rule.limit, at: instant)
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

    /// Usage gives and takes two reasons; `nil` stands for no active bulk sync, which needs none.
    func agrees(withBulkSyncPausedFor pauses: PauseReasons?) -> Bool {
        pauses.map { $0.subtracting(.operator) == bulkSyncPauses } ?? true
    }

    var bulkSyncPauses: PauseReasons { pauses(lineReached: standing.lines.bulk) }
    var eventSyncPauses: PauseReasons { pauses(lineReached: standing.lines.event) }

    private func pauses(lineReached: Bool) -> PauseReasons {
        var pauses: PauseReasons = []
        if lineReached { pauses.insert(.quota) }
        if isAllowanceUsedUp { pauses.insert(.allowance) }
        return pauses
    }
}

extension WorkspaceState.Announced {
    fileprivate func agrees(with verdict: Verdict) -> Bool {
        tier == verdict.tier && eventSync.pauses == verdict.eventSyncPauses
    }
}

extension WorkspaceState {
    /// The reasons that usage gives and takes, in the order in which they are reported.
    private static let reasonsOfUsage: [PauseReason] = [.allowance, .quota]

    fileprivate func changes(
        to verdict: Verdict,
        used: Int64,
        limit: Int64,
        at instant: Timestamp
    ) -> [QuotaEvent.Body] {
        var changes: [QuotaEvent.Body] = []
        if announced.tier != verdict.tier {
            let change = TierChange(
                from: announced.tier,
                to: verdict.tier,
                at: instant,
                used: used,
                limit: limit,
                cause: cause(of: verdict)
            )
            changes.append(.tierChanged(change))
        }
        if let sync = bulkSyncs.active {
            for reason in Self.reasonsOfUsage {
                let (isPaused, wanted) = (sync.pauses.contains(reason), verdict.bulkSyncPauses.contains(reason))
                if wanted, !isPaused { changes.append(.bulkSyncPaused(sync: sync.number, reason: reason, at: instant)) }
                if isPaused, !wanted {
                    changes.append(.bulkSyncResumed(sync: sync.number, reason: reason, at: instant))
                }
            }
        }
        for reason in Self.reasonsOfUsage {
            let (isPaused, wanted) = (
                announced.eventSync.pauses.contains(reason), verdict.eventSyncPauses.contains(reason)
            )
            if wanted, !isPaused { changes.append(.eventSyncPaused(reason: reason, at: instant)) }
            if isPaused, !wanted { changes.append(.eventSyncResumed(reason: reason, at: instant)) }
        }
        return changes
    }

    /// The allowance where it is what now stands in the way, or what no longer does; else the limit.
    private func cause(of verdict: Verdict) -> TierCause {
        if verdict.isAllowanceUsedUp { return verdict.standing.isLimitReached ? .limit : .allowance }
        return announced.eventSync.pauses.contains(.allowance) ? .allowance : .limit
    }
}
