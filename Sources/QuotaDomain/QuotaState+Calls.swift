package import EventSourcing

/// What is to be done with a call that is not refused.
package enum Admission: Hashable, Sendable {
    /// It is to be recorded.
    case new
    /// It was recorded before, first at this position.
    case duplicate(of: LogPosition)
}

// MARK: - Calls: the hot path

/// Each comes twice: by the caller's names, and by the place that was found for them. Who records many calls finds the
/// place of each caller once.
extension QuotaState {
    /// Whether a call may be recorded at `now`. A call that was recorded before is a duplicate whatever its date is by now.
    package func admit(_ call: Call, at now: Timestamp) throws(Rejection) -> Admission {
        try admit(call.facts, from: place(of: call.caller), at: now)
    }

    package func admit(_ call: CallFacts, from place: CallerPlace, at now: Timestamp) throws(Rejection) -> Admission {
        guard (1...Policy.callsPerRecordMax).contains(call.calls) else { throw Self.callsOutOfBounds }
        switch recall(call, in: place.org, at: now) {
        case .same(let position): return .duplicate(of: position)
        case .different: throw .idReused(id: nil)
        case .unknown: break
        }
        if let at = call.at { try requireDate(at, of: call, in: place.org, now: now) }
        try requireRoom(for: place)
        return .new
    }

    private func requireDate(_ at: Timestamp, of call: CallFacts, in org: Int?, now: Timestamp) throws(Rejection) {
        guard at <= now + Policy.clockSkewMax else { throw Self.inTheFuture(at) }
        guard !call.imported else { return }
        let horizon = (org.map { orgs[$0].horizon } ?? IdempotencyHorizon()).start(at: now)
        guard at >= horizon else { throw .beforeHorizon(at: at, horizon: horizon) }
    }

    /// Takes in one `api.called` that is, or is about to be, in the log at `position`.
    package mutating func record(_ call: Call, at position: LogPosition, time: Timestamp) {
        var place = place(of: call.caller)
        record(call.facts, from: &place, of: call.caller, at: position, time: time)
    }

    /// The same; `place` is filled in where the org or the workspace comes to be with this call, and only then does it
    /// matter what the caller is called.
    package mutating func record(
        _ call: CallFacts,
        from place: inout CallerPlace,
        of caller: @autoclosure () -> Caller,
        at position: LogPosition,
        time: Timestamp
    ) {
        note(position, at: time)
        if !place.isKnown { ensure(&place, of: caller()) }
        guard let org = place.org else { return }
        if let key = call.key { hold(key, of: call, at: position, in: org) }
        guard call.counted else { return }
        let calls = min(max(call.calls, 0), Policy.callsPerRecordMax)
        let effective = call.effective(recordedAt: self.time)
        if let workspace = place.workspace {
            orgs[org].workspaces[workspace].window.add(calls, at: effective, now: self.time)
            orgs[org].workspaces[workspace].timer.hasNewCalls = true
        } else {
            orgs[org].integrationsWindow.add(calls, at: effective, now: self.time)
        }
        orgs[org].window.add(calls, at: effective, now: self.time)
        orgs[org].timer.hasNewCalls = true
        attribute(calls, datedUpTo: effective, in: org)
    }

    /// Whether the id of a command other than calls was used before in the org.
    package func recall(_ identity: RequestIdentity, in org: String, at now: Timestamp) -> Recall {
        guard let index = findOrg(org) else { return .unknown }
        return ids.recall(identity.key, within: orgs[index].horizon, at: now)
    }

    /// The tier of a workspace as the last events have it; nil for one that is unknown.
    package func tier(org: String, workspace: String) -> Tier? {
        guard let org = findOrg(org), let workspace = findWorkspace(workspace, in: org) else { return nil }
        return orgs[org].workspaces[workspace].announced.tier
    }

    /// The same by its place; nil for a caller without workspace.
    package func tier(at place: CallerPlace) -> Tier? {
        guard let org = place.org, let workspace = place.workspace else { return nil }
        return orgs[org].workspaces[workspace].announced.tier
    }

    private func recall(_ call: CallFacts, in org: Int?, at now: Timestamp) -> Recall {
        guard let key = call.key, let org else { return .unknown }
        if call.imported { return ids.recallImport(key) }
        return ids.recall(key, within: orgs[org].horizon, at: now)
    }

    private mutating func hold(_ key: IdempotencyKey, of call: CallFacts, at position: LogPosition, in org: Int) {
        guard !call.imported else { return ids.holdImport(key, at: position) }
        ids.hold(key, at: position, within: orgs[org].horizon, time: time)
    }

    /// Calls recorded late that were part of what Salesforce reported are no longer unattributed (R2).
    private mutating func attribute(_ calls: Int64, datedUpTo effective: Timestamp, in org: Int) {
        guard let observation = orgs[org].observation, effective <= observation.at,
            effective > observation.at - Policy.window, observation.isFresh(at: time)
        else { return }
        orgs[org].observation?.recorded += calls
        disturb(TimerKey(org: org, workspace: nil))
    }

    private static let callsOutOfBounds = Rejection.invalid(
        field: "calls",
        message: "calls must be 1 to \(Policy.callsPerRecordMax)"
    )

    static func inTheFuture(_ at: Timestamp) -> Rejection {
        .invalid(field: "at", message: "\(at) is more than \(Policy.clockSkewMax.milliseconds / 1_000) s ahead")
    }
}

// MARK: - What calls and other events share

extension QuotaState {
    /// Moves on to an event. Times never decrease along a log.
    mutating func note(_ position: LogPosition, at time: Timestamp) {
        self.position = position
        self.time = max(self.time, time)
        ids.note(position, at: self.time)
    }

    /// Has a deadline worked out anew before it is next asked for.
    mutating func disturb(_ key: TimerKey) {
        if let workspace = key.workspace {
            guard !orgs[key.org].workspaces[workspace].timer.isDisturbed else { return }
            orgs[key.org].workspaces[workspace].timer.isDisturbed = true
        } else {
            guard !orgs[key.org].timer.isDisturbed else { return }
            orgs[key.org].timer.isDisturbed = true
        }
        disturbed.append(key)
    }
}
