package import EventSourcing

// MARK: - Deciding on commands

/// Each command has a ladder of its own in the file of its topic: one refusal a line in order of precedence, then the
/// events. Whether the command's id was used before is asked first, through `recall`.
extension QuotaState {
    /// The events that the command means at `now`, its identity on the first; none when nothing needs to change. What
    /// follows from them is for `reactions` to say.
    package func decide(_ command: Command, at now: Timestamp) throws(Rejection) -> [QuotaEvent] {
        var events: [QuotaEvent] = []
        for body in try bodies(of: command, at: now) {
            events.append(QuotaEvent(org: command.org, workspace: command.workspace, body))
        }
        guard !events.isEmpty else { return [] }
        try requireRoom(for: place(of: Caller(org: command.org, workspace: command.workspace)))
        events[0].identity = command.identity
        return events
    }

    private func bodies(of command: Command, at now: Timestamp) throws(Rejection) -> [QuotaEvent.Body] {
        func any() throws(Rejection) -> CommandSubject { try subject(of: command, at: now) }
        func known() throws(Rejection) -> CommandSubject { try subject(of: command, at: now).requireKnown() }

        switch command.action {
        case .configureOrg(let allowance, let days): return try configure(command.org, allowance: allowance, days: days)
        case .observe(let used, let allowance, let at, let source):
            return try observe(used: used, allowance: allowance, at: at, source: source, now: now)
        case .observeExhaustion(let at): return try observeExhaustion(of: command.org, at: at, now: now)
        case .updateSettings(let change, let confirm): return try any().updateSettings(change, confirm: confirm)
        case .setMapping(let mapping, let confirm): return try any().setMapping(mapping, confirm: confirm)
        case .removeMapping(let key, let confirm): return try known().removeMapping(key, confirm: confirm)
        case .startBulkSync: return try any().startBulkSync()
        case .progressBulkSync(let sync, let progress): return try known().progressBulkSync(sync, progress)
        case .pauseBulkSync(let sync): return try known().pauseBulkSync(sync)
        case .resumeBulkSync(let sync): return try known().resumeBulkSync(sync)
        case .stopBulkSync(let sync): return try known().stopBulkSync(sync)
        case .completeBulkSync(let sync): return try known().completeBulkSync(sync)
        case .failBulkSync(let sync, let failure): return try known().failBulkSync(sync, failure)
        case .reportSyncError(let report, let at): return try any().reportSyncError(report, at: at)
        case .retrySyncError(let error, let calls): return try known().retrySyncError(error, calls: calls)
        case .retrySucceeded(let error): return try known().retrySucceeded(error)
        case .retryFailed(let error, let failure): return try known().retryFailed(error, failure)
        }
    }

    /// The workspace that the command is for, at the version that it expects.
    private func subject(of command: Command, at now: Timestamp) throws(Rejection) -> CommandSubject {
        guard let name = command.workspace else {
            throw .invalid(field: "workspace", message: "a workspace is required")
        }
        let org = findOrg(command.org)
        let known = org.flatMap { org in findWorkspace(name, in: org).map { orgs[org].workspaces[$0] } }
        let subject = CommandSubject(
            now: now,
            org: org.map { orgs[$0] } ?? OrgState(name: command.org, clock: now),
            isOrgKnown: org != nil,
            workspace: known ?? WorkspaceState(name: name, clock: now),
            isKnown: known != nil
        )
        if let expected = command.expectedVersion, expected != subject.workspace.version {
            throw .versionMismatch(expected: expected, actual: subject.workspace.version)
        }
        return subject
    }
}

/// What a workspace's commands are decided on: the workspace as it is at `now`, or as it would come to be.
struct CommandSubject {
    let now: Timestamp
    let org: OrgState
    let isOrgKnown: Bool
    let workspace: WorkspaceState
    /// False for a workspace that no event has named yet.
    let isKnown: Bool

    func requireKnown() throws(Rejection) -> CommandSubject {
        guard isOrgKnown else { throw .unknownOrg(org.name) }
        guard isKnown else { throw .unknownWorkspace(org: org.name, workspace: workspace.name) }
        return self
    }

    /// What usage means for the workspace now.
    var verdict: Verdict {
        Verdict(
            standing: workspace.standing(allowance: org.allowance, at: now),
            isAllowanceUsedUp: org.isAllowanceUsedUp(at: now)
        )
    }

    /// A change of settings or mappings, with the stop that it means for an active bulk sync (R17).
    func change(
        _ body: QuotaEvent.Body,
        cause: StopCause,
        confirm: Bool
    ) throws(Rejection) -> [QuotaEvent.Body] {
        guard let active = workspace.bulkSyncs.active else { return [body] }
        guard confirm else { throw .bulkSyncActive(active.report) }
        return [.bulkSyncStopped(sync: active.number, cause: cause), body]
    }
}
