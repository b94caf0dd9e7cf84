/// The settings of a workspace.
struct WorkspaceSettings: Hashable, Sendable {
    /// Calls per 24 h; nil means the org's allowance (R3).
    var limit: Int64?
    var installerEmail: String?
    var percents = PausePercents()

    /// The part of a change that would make a difference.
    func difference(_ change: SettingsChange) -> SettingsChange {
        SettingsChange(
            limit: change.limit == .some(limit) ? nil : change.limit,
            installerEmail: change.installerEmail == .some(installerEmail) ? nil : change.installerEmail,
            bulkPausePercent: change.bulkPausePercent == percents.bulkPause ? nil : change.bulkPausePercent,
            eventPausePercent: change.eventPausePercent == percents.eventPause ? nil : change.eventPausePercent,
            warnPercent: change.warnPercent == percents.warn ? nil : change.warnPercent,
            resumeHysteresisPercent: change.resumeHysteresisPercent == percents.resumeHysteresis
                ? nil : change.resumeHysteresisPercent
        )
    }

    mutating func apply(_ change: SettingsChange) {
        limit = change.limit ?? limit
        installerEmail = change.installerEmail ?? installerEmail
        percents.bulkPause = change.bulkPausePercent ?? percents.bulkPause
        percents.eventPause = change.eventPausePercent ?? percents.eventPause
        percents.warn = change.warnPercent ?? percents.warn
        percents.resumeHysteresis = change.resumeHysteresisPercent ?? percents.resumeHysteresis
    }
}
