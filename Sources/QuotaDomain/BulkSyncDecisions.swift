// MARK: - bulk_sync.start, progress, pause, resume, stop, complete, fail

extension CommandSubject {
    /// Begins paused for what stands in its way already (R15).
    func startBulkSync() throws(Rejection) -> [QuotaEvent.Body] {
        if let active = workspace.bulkSyncs.active { throw .bulkSyncActive(active.report) }
        return [.bulkSyncStarted(sync: workspace.bulkSyncs.lastNumber + 1, pauses: verdict.bulkSyncPauses.list)]
    }

    /// Taken while paused too: the last records may be done as the pause comes.
    func progressBulkSync(_ sync: Int64, _ progress: BulkSyncProgress) throws(Rejection) -> [QuotaEvent.Body] {
        let active = try requireActive(sync)
        try requireSum(progress)
        guard progress.processed >= active.progress?.processed ?? 0 else {
            throw .invalid(field: "processed", message: "processed must not fall")
        }
        guard progress != active.progress else { return [] }
        return [.bulkSyncProgressed(sync: sync, progress)]
    }

    func pauseBulkSync(_ sync: Int64?) throws(Rejection) -> [QuotaEvent.Body] {
        let active = try requireActive(sync)
        guard !active.pauses.contains(.operator) else { return [] }
        return [.bulkSyncPaused(sync: active.number, reason: .operator, at: now)]
    }

    /// Takes the operator's reason away only (R16).
    func resumeBulkSync(_ sync: Int64?) throws(Rejection) -> [QuotaEvent.Body] {
        let active = try requireActive(sync)
        guard active.pauses.contains(.operator) else { return [] }
        return [.bulkSyncResumed(sync: active.number, reason: .operator, at: now)]
    }

    func stopBulkSync(_ sync: Int64?) throws(Rejection) -> [QuotaEvent.Body] {
        [.bulkSyncStopped(sync: try requireActive(sync).number, cause: .operator)]
    }

    func completeBulkSync(_ sync: Int64?) throws(Rejection) -> [QuotaEvent.Body] {
        [.bulkSyncCompleted(sync: try requireActive(sync).number)]
    }

    func failBulkSync(_ sync: Int64?, _ failure: Failure) throws(Rejection) -> [QuotaEvent.Body] {
        [.bulkSyncFailed(sync: try requireActive(sync).number, failure)]
    }

    /// The bulk sync of that number, or the latest, provided that it is not over.
    private func requireActive(_ sync: Int64?) throws(Rejection) -> BulkSync {
        if let sync, workspace.bulkSyncs.find(sync) == nil { throw .unknownBulkSync(sync) }
        let chosen = sync.map(workspace.bulkSyncs.find) ?? workspace.bulkSyncs.latest
        guard let chosen, chosen.isActive else { throw .bulkSyncNotActive(chosen?.report) }
        return chosen
    }

    private func requireSum(_ progress: BulkSyncProgress) throws(Rejection) {
        let parts: [(name: String, value: Int64)] = [
            ("updated", progress.updated), ("unchanged", progress.unchanged), ("skipped", progress.skipped),
            ("failed", progress.failed),
        ]
        for part in parts where part.value < 0 {
            throw .invalid(field: part.name, message: "\(part.name) must not be negative")
        }
        let sum = parts.reduce((partialValue: Int64(0), overflow: false)) { sum, part in
            let (next, overflow) = sum.partialValue.addingReportingOverflow(part.value)
            return (next, sum.overflow || overflow)
        }
        guard !sum.overflow, progress.processed == sum.partialValue else {
            throw .invalid(field: "processed", message: "processed must be updated + unchanged + skipped + failed")
        }
        guard progress.processed <= progress.total else {
            throw .invalid(field: "processed", message: "processed must not be above total")
        }
    }
}
