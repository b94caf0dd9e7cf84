import EventSourcing

// MARK: - org.configure, org.observe

extension QuotaState {
    func configure(_ org: String, allowance: Int64?, days: Int?) throws(Rejection) -> [QuotaEvent.Body] {
        if let allowance { try requireInWindowBounds(allowance, field: "allowance") }
        if let days, !(1...Policy.idempotencyDaysMax).contains(days) {
            throw .invalid(
                field: "idempotency_days",
                message: "idempotency_days must be 1 to \(Policy.idempotencyDaysMax)"
            )
        }
        guard let known = findOrg(org).map({ orgs[$0] }) else {
            return [.orgConfigured(allowance: allowance, idempotencyDays: days)]
        }
        let isSame = known.allowanceSource == .configured && known.allowance == allowance
        let newAllowance = isSame ? nil : allowance
        let newDays = known.horizon.days == days ? nil : days
        guard newAllowance != nil || newDays != nil else { return [] }
        return [.orgConfigured(allowance: newAllowance, idempotencyDays: newDays)]
    }

    func observe(
        used: Int64,
        allowance: Int64,
        at: Timestamp?,
        source: ObservationSource,
        now: Timestamp
    ) throws(Rejection) -> [QuotaEvent.Body] {
        try requireInWindowBounds(used, field: "used")
        try requireInWindowBounds(allowance, field: "allowance")
        let at = try observationInstant(at, now: now)
        return [.orgObserved(used: used, allowance: allowance, at: at, source: source)]
    }

    /// Salesforce refused a call because the allowance is used up: it is, and by as much as is known (R4).
    func observeExhaustion(of org: String, at: Timestamp?, now: Timestamp) throws(Rejection) -> [QuotaEvent.Body] {
        let at = try observationInstant(at, now: now)
        let known = findOrg(org).map { orgs[$0] }
        let allowance = known?.allowance ?? Policy.defaultAllowance
        let used = max(allowance, known?.used(upTo: at) ?? 0)
        return [
            .orgObserved(used: Policy.clampedToWindowMax(used), allowance: allowance, at: at, source: .error)
        ]
    }

    private func observationInstant(_ at: Timestamp?, now: Timestamp) throws(Rejection) -> Timestamp {
        guard let at else { return now }
        guard at <= now + Policy.clockSkewMax else { throw Self.inTheFuture(at) }
        guard at >= now - Policy.observationLagMax else {
            throw .invalid(field: "at", message: "\(at) is more than 1 h ago")
        }
        return min(at, now)
    }

    private func requireInWindowBounds(_ calls: Int64, field: String) throws(Rejection) {
        guard (0...Policy.callsPerWindowMax).contains(calls) else {
            throw .invalid(field: field, message: "\(field) must be 0 to \(Policy.callsPerWindowMax)")
        }
    }
}

extension OrgState {
    /// Calls dated in the 24 h up to a recent instant, those that nobody recorded included.
    fileprivate func used(upTo instant: Timestamp) -> Int64 {
        window.count(after: instant - Policy.window, through: instant)
            + (freshObservation(at: instant)?.unattributed ?? 0)
    }
}
