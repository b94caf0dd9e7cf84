import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain

extension JSONWriter {
    /// The members of `org.get`.
    mutating func members(of report: OrgReport, position: LogPosition) {
        member("org", report.org)
        member("allowance", report.allowance)
        member("allowance_source", report.allowanceSource.rawValue)
        member("recorded", report.workspacesUsed + report.integrationsUsed)
        member("workspaces_used", report.workspacesUsed)
        member("integrations_used", report.integrationsUsed)
        member("unattributed", report.unattributed)
        member("drift", report.drift)
        member("org_used", report.orgUsed)
        member("percent", Percent(report.orgUsed, of: report.allowance))
        member("allowance_exhausted", report.allowanceExhausted)
        member("observation", observation: report.observation)
        member("idempotency_days", report.idempotencyDays)
        member("workspaces", report.workspaces.count)
        member("as_of", report.asOf)
        member("position", position)
    }

    /// A row of `org.list`.
    mutating func rowMembers(of report: OrgReport) {
        member("org", report.org)
        member("allowance", report.allowance)
        member("org_used", report.orgUsed)
        member("percent", Percent(report.orgUsed, of: report.allowance))
        member("workspaces", report.workspaces.count)
    }
}
