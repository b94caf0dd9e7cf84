// MARK: - settings.update

extension CommandSubject {
    func updateSettings(_ change: SettingsChange, confirm: Bool) throws(Rejection) -> [QuotaEvent.Body] {
        try requireBounds(change)
        try requireOrder(change)
        let difference = workspace.settings.difference(change)
        guard !difference.isEmpty || !isKnown else { return [] }
        return try self.change(.settingsChanged(difference), cause: .settingsChanged, confirm: confirm)
    }

    private func requireBounds(_ change: SettingsChange) throws(Rejection) {
        if case .some(.some(let limit)) = change.limit {
            try require(limit, in: 0...Policy.callsPerWindowMax, field: "limit")
        }
        try require(change.bulkPausePercent, in: 1...100, field: "bulk_pause_percent")
        try require(change.eventPausePercent, in: 1...100, field: "event_pause_percent")
        try require(change.warnPercent, in: 1...100, field: "warn_percent")
        try require(change.resumeHysteresisPercent, in: 0...99, field: "resume_hysteresis_percent")
    }

    private func require(_ value: Int64?, in bounds: ClosedRange<Int64>, field: String) throws(Rejection) {
        guard let value, !bounds.contains(value) else { return }
        throw .invalid(field: field, message: "\(field) must be \(bounds.lowerBound) to \(bounds.upperBound)")
    }

    /// Bulk sync pauses no later than event-based sync, and both resume above 0 % (R10). Blames a field of the change.
    private func requireOrder(_ change: SettingsChange) throws(Rejection) {
        var settings = workspace.settings
        settings.apply(change)
        let percents = settings.percents
        guard percents.bulkPause <= percents.eventPause else {
            throw .invalid(
                field: change.bulkPausePercent == nil ? "event_pause_percent" : "bulk_pause_percent",
                message: "bulk_pause_percent \(percents.bulkPause) is above event_pause_percent \(percents.eventPause)"
            )
        }
        guard percents.resumeHysteresis < percents.bulkPause else {
            throw .invalid(
                field: change.resumeHysteresisPercent == nil ? "bulk_pause_percent" : "resume_hysteresis_percent",
                message: "resume_hysteresis_percent \(percents.resumeHysteresis) is not below "
                    + "bulk_pause_percent \(percents.bulkPause)"
            )
        }
    }
}
