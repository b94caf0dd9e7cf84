package import EventSourcing

// MARK: - Questions

/// Questions about the present are asked at `now`, which is not before the last event, after all transitions up to it.
extension QuotaState {
    /// The indicator of a workspace at `now` (R1, R2).
    package func usage(org: String, workspace: String, at now: Timestamp) throws(Rejection) -> UsageReport {
        let place = try requirePlace(org, workspace)
        let state = orgs[place.org]
        var report = try usage(
            org: org,
            workspace: workspace,
            at: now,
            figures: state.figures(place.workspace, at: now)
        )
        report.nextChangeAt = state.workspaces[place.workspace].tierFall(
            allowance: state.allowance,
            recovery: state.recovery
        )
        return report
    }

    /// The indicator of a workspace at an instant of the past, for a state taken from the events up to then. Calls are
    /// `figures`, which were counted elsewhere; `nextChangeAt` is nil.
    package func usage(
        org name: String,
        workspace: String,
        at instant: Timestamp,
        figures: WindowFigures
    ) throws(Rejection) -> UsageReport {
        let place = try requirePlace(name, workspace)
        let (org, state) = (orgs[place.org], orgs[place.org].workspaces[place.workspace])
        let residual = org.freshObservation(at: instant).map {
            Residual(reported: $0.used, recorded: figures.recordedAtObservation)
        }
        let others = figures.otherWorkspaces + figures.integrations + (residual?.unattributed ?? 0)
        let rule = state.rule(allowance: org.allowance)
        let verdict = Verdict(
            standing: rule.standing(used: figures.workspace, before: state.announced.lines),
            isAllowanceUsedUp: figures.workspace + others >= org.allowance
        )
        return UsageReport(
            org: org.name,
            workspace: state.name,
            asOf: instant,
            allowance: org.allowance,
            limit: rule.limit,
            usedByWorkspace: figures.workspace,
            usedByOthers: others,
            otherWorkspaces: figures.otherWorkspaces,
            integrations: figures.integrations,
            unattributed: residual?.unattributed,
            drift: residual?.drift,
            orgUsed: figures.workspace + others,
            tier: verdict.tier,
            paused: verdict.tier.paused(allowanceExhausted: verdict.isAllowanceUsedUp),
            warning: rule.warning(used: figures.workspace),
            allowanceExhausted: verdict.isAllowanceUsedUp,
            nextChangeAt: nil,
            observation: org.freshObservation(at: instant)?.report(at: instant)
        )
    }

    /// What Salesforce last reported, if it is still fresh at `instant`: whose window `recordedAtObservation` is to be
    /// counted in.
    package func observationInForce(org: String, at instant: Timestamp) -> ObservationReport? {
        findOrg(org).flatMap { orgs[$0].freshObservation(at: instant)?.report(at: instant) }
    }

    package func org(_ name: String, at now: Timestamp) throws(Rejection) -> OrgReport {
        orgs[try requireOrg(name)].report(at: now)
    }

    /// All orgs in order of name.
    package func orgs(at now: Timestamp) -> [OrgReport] {
        orgs.sorted { $0.name < $1.name }.map { $0.report(at: now) }
    }

    package func settings(org: String, workspace: String) throws(Rejection) -> SettingsReport {
        let place = try requirePlace(org, workspace)
        let (org, state) = (orgs[place.org], orgs[place.org].workspaces[place.workspace])
        let percents = state.settings.percents
        return SettingsReport(
            org: org.name,
            workspace: state.name,
            version: state.version,
            limitSet: state.settings.limit,
            limit: state.settings.limit ?? org.allowance,
            allowance: org.allowance,
            installerEmail: state.settings.installerEmail,
            bulkPausePercent: percents.bulkPause,
            eventPausePercent: percents.eventPause,
            warnPercent: percents.warn,
            resumeHysteresisPercent: percents.resumeHysteresis
        )
    }

    /// The mappings of a workspace in order of object and attribute.
    package func mappings(org: String, workspace: String) throws(Rejection) -> [MappingReport] {
        try workspaceState(org, workspace).mappings
    }

    /// One bulk sync, the latest without a number.
    package func bulkSync(org: String, workspace: String, sync: Int64? = nil) throws(Rejection) -> BulkSyncReport {
        let history = try workspaceState(org, workspace).bulkSyncs
        guard let sync else {
            guard let latest = history.latest else { throw .bulkSyncNotActive(nil) }
            return latest.report
        }
        guard let found = history.find(sync) else { throw .unknownBulkSync(sync) }
        return found.report
    }

    /// The bulk sync that the event at `position` started; nil when it is not held any more.
    package func bulkSync(org: String, workspace: String, startedAt position: LogPosition) -> BulkSyncReport? {
        (try? workspaceState(org, workspace))?.bulkSyncs.syncs.first { $0.position == position }?.report
    }

    /// Up to `limit` bulk syncs, newest first.
    package func bulkSyncs(org: String, workspace: String, limit: Int) throws(Rejection) -> [BulkSyncReport] {
        try workspaceState(org, workspace).bulkSyncs.syncs.suffix(max(limit, 0)).reversed().map(\.report)
    }

    package func eventSync(org: String, workspace: String, at now: Timestamp) throws(Rejection) -> EventSyncReport {
        let sync = try workspaceState(org, workspace).announced.eventSync
        return EventSyncReport(
            reasons: sync.pauses.list,
            since: sync.since,
            nextPollAt: sync.pauses.isEmpty ? now.nextPoll : nil
        )
    }

    /// Up to `limit` unresolved sync errors numbered below `before`, newest first, of one direction or, without one, of
    /// both; `next` is what to go on before, nil at the end.
    package func syncErrors(
        org: String,
        workspace: String,
        direction: SyncDirection?,
        limit: Int,
        before: Int64? = nil
    ) throws(Rejection) -> (rows: [SyncErrorRow], next: Int64?) {
        try workspaceState(org, workspace).syncErrors.page(direction: direction, limit: max(limit, 0), before: before)
    }

    package func syncError(org: String, workspace: String, error: Int64) throws(Rejection) -> SyncErrorRow {
        guard let row = try workspaceState(org, workspace).syncErrors.find(error) else {
            throw .unknownSyncError(error)
        }
        return row
    }

    /// The sync error that the event at `position` reported; nil when it is resolved.
    package func syncError(org: String, workspace: String, reportedAt position: LogPosition) -> SyncErrorRow? {
        (try? workspaceState(org, workspace))?.syncErrors.rows.first { $0.position == position }
    }

    /// Position of the workspace's last event that counts as a change of it, 0 before one; nil when it is unknown.
    package func version(org: String, workspace: String) -> LogPosition? {
        guard let org = findOrg(org), let workspace = findWorkspace(workspace, in: org) else { return nil }
        return orgs[org].workspaces[workspace].version
    }

    package var statistics: QuotaStatistics {
        QuotaStatistics(
            orgs: orgs.count,
            workspaces: orgs.reduce(0) { $0 + $1.workspaces.count },
            idempotencyIDs: ids.recent.count + ids.imports.count,
            idempotencyBytes: ids.recent.bytes + ids.imports.bytes,
            windowInstants: orgs.reduce(0) { $0 + $1.windows.reduce(0) { $0 + $1.instants } },
            windowBytes: orgs.reduce(0) { $0 + $1.windows.reduce(0) { $0 + $1.bytes } }
        )
    }

    private func workspaceState(_ org: String, _ workspace: String) throws(Rejection) -> WorkspaceState {
        let place = try requirePlace(org, workspace)
        return orgs[place.org].workspaces[place.workspace]
    }
}

/// How much the state holds.
package struct QuotaStatistics: Hashable, Sendable {
    package var orgs: Int
    package var workspaces: Int
    /// Ids held, those of imports included, and the memory they take in bytes.
    package var idempotencyIDs: Int
    package var idempotencyBytes: Int
    /// Distinct milliseconds with calls, summed over all windows.
    package var windowInstants: Int
    /// The memory they take, in bytes.
    package var windowBytes: Int
}

/// What is left between Salesforce's number and ours at the instant of an observation (R2).
private struct Residual {
    var reported: Int64
    var recorded: Int64

    var unattributed: Int64 { max(0, reported - recorded) }
    var drift: Int64 { max(0, recorded - reported) }
}

extension OrgState {
    fileprivate func figures(_ workspace: Int, at now: Timestamp) -> WindowFigures {
        let own = workspaces[workspace].window.count(at: now)
        let integrations = integrationsWindow.count(at: now)
        return WindowFigures(
            workspace: own,
            otherWorkspaces: window.count(at: now) - own - integrations,
            integrations: integrations,
            recordedAtObservation: freshObservation(at: now)?.recorded ?? 0
        )
    }

    fileprivate func report(at now: Timestamp) -> OrgReport {
        let observation = freshObservation(at: now)
        let integrations = integrationsWindow.count(at: now)
        return OrgReport(
            org: name,
            asOf: now,
            allowance: allowance,
            allowanceSource: allowanceSource,
            workspacesUsed: window.count(at: now) - integrations,
            integrationsUsed: integrations,
            unattributed: observation?.unattributed,
            drift: observation.map { max(0, $0.recorded - $0.used) },
            orgUsed: used(at: now),
            allowanceExhausted: isAllowanceUsedUp(at: now),
            observation: observation?.report(at: now),
            idempotencyDays: horizon.days,
            workspaces: workspaces.map(\.name).sorted()
        )
    }

    fileprivate var windows: [RollingWindow] { [window, integrationsWindow] + workspaces.map(\.window) }
}

extension Timestamp {
    /// The next whole five minutes of UTC (R19).
    fileprivate var nextPoll: Timestamp {
        let interval = Policy.eventSyncPollInterval.milliseconds
        return Timestamp(milliseconds: (floorDivided(milliseconds, by: interval) + 1) * interval)
    }
}
