import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain

extension JSONWriter {
    /// The members of `settings.get`.
    mutating func members(of report: SettingsReport, position: LogPosition) {
        member("org", report.org)
        member("workspace", report.workspace)
        member("version", report.version)
        member("limit", report.limit)
        member("limit_set", report.limitSet)
        member("allowance", report.allowance)
        member("installer_email", report.installerEmail)
        member("bulk_pause_percent", report.bulkPausePercent)
        member("event_pause_percent", report.eventPausePercent)
        member("warn_percent", report.warnPercent)
        member("resume_hysteresis_percent", report.resumeHysteresisPercent)
        member("position", position)
    }
}

extension SettingsReport {
    /// What is accepted though it is probably not what was meant (R3).
    var warnings: [String] {
        guard let limitSet, limitSet > allowance else { return [] }
        return ["The limit of \(limitSet) calls is above the org's allowance of \(allowance)."]
    }
}
