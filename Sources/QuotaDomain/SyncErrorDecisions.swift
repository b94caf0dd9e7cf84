import EventSourcing

// MARK: - sync_errors.report, retry, retry_succeeded, retry_failed

extension CommandSubject {
    func reportSyncError(_ report: SyncErrorReport, at: Timestamp?) throws(Rejection) -> [QuotaEvent.Body] {
        if let at, at > now + Policy.clockSkewMax { throw QuotaState.inTheFuture(at) }
        guard workspace.syncErrors.rows.count < Policy.syncErrorsPerWorkspaceMax else {
            throw .full(what: "sync_errors", max: Policy.syncErrorsPerWorkspaceMax)
        }
        let error = workspace.syncErrors.lastNumber + 1
        return [.syncErrorReported(error: error, report, at: at.map { min($0, now) } ?? now)]
    }

    /// A retry counts against the purpose it came from, and waits while that is paused (R22).
    func retrySyncError(_ error: Int64, calls: Int64) throws(Rejection) -> [QuotaEvent.Body] {
        let row = try requireRow(error)
        guard (0...Policy.callsPerRetryMax).contains(calls) else {
            throw .invalid(field: "calls", message: "calls must be 0 to \(Policy.callsPerRetryMax)")
        }
        guard !row.isRetrying else { throw .retryActive(error: error) }
        let purpose = row.report.syncType.purpose
        let verdict = verdict
        guard !verdict.tier.paused(allowanceExhausted: verdict.isAllowanceUsedUp).contains(purpose) else {
            throw .purposePaused(purpose, tier: verdict.tier)
        }
        let started = QuotaEvent.Body.syncErrorRetryStarted(error: error, attempt: row.attempt + 1)
        guard calls > 0 else { return [started] }
        let call = Call(org: org.name, workspace: workspace.name, integration: nil, purpose: purpose, calls: calls)
        return [started, .apiCalled(call)]
    }

    func retrySucceeded(_ error: Int64) throws(Rejection) -> [QuotaEvent.Body] {
        [.syncErrorResolved(error: error, attempt: try requireRetrying(error).attempt + 1)]
    }

    func retryFailed(_ error: Int64, _ failure: Failure) throws(Rejection) -> [QuotaEvent.Body] {
        [.syncErrorRetryFailed(error: error, attempt: try requireRetrying(error).attempt + 1, failure)]
    }

    private func requireRow(_ error: Int64) throws(Rejection) -> SyncErrorRow {
        guard let row = workspace.syncErrors.find(error) else { throw .unknownSyncError(error) }
        return row
    }

    private func requireRetrying(_ error: Int64) throws(Rejection) -> SyncErrorRow {
        let row = try requireRow(error)
        guard row.isRetrying else { throw .noRetryActive(error: error) }
        return row
    }
}
