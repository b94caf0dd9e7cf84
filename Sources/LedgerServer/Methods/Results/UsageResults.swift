import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain
import SQLiteEventLog

extension JSONWriter {
    /// The members of `usage.get`.
    mutating func members(of report: UsageReport, position: LogPosition) {
        member("org", report.org)
        member("workspace", report.workspace)
        member("as_of", report.asOf)
        member("position", position)
        member("allowance", report.allowance)
        member("limit", report.limit)
        member("used_by_workspace", report.usedByWorkspace)
        member("used_by_others", report.usedByOthers)
        object("others") { others in
            others.member("workspaces", report.otherWorkspaces)
            others.member("integrations", report.integrations)
            others.member("unattributed", report.unattributed)
            others.member("drift", report.drift)
        }
        member("org_used", report.orgUsed)
        member("percent", Percent(report.usedByWorkspace, of: report.limit))
        member("tier", report.tier.rawValue)
        member("paused", report.paused.map(\.rawValue))
        member("warning", report.warning)
        member("allowance_exhausted", report.allowanceExhausted)
        member("next_change_at", report.nextChangeAt)
        member("observation", observation: report.observation)
    }

    /// The members of `usage.history`.
    mutating func members(of answer: HistoryAnswer, to question: HistoryQuestion) {
        member("org", question.org)
        if let workspace = question.workspace { member("workspace", workspace) }
        member("from", answer.from)
        member("to", answer.to)
        member("bucket", question.bucket.rawValue)
        member("group_by", question.groupBy.map(\.rawValue))
        member("position", answer.position)
        array("rows") { rows in
            // The rows of a bucket stand together: its text is made once for all of them.
            var (hour, bucket): (Int64?, [UInt8]) = (nil, [])
            for row in answer.rows {
                if row.hour != hour { (hour, bucket) = (row.hour, JSONWriter.text(ofHour: row.hour)) }
                rows.object { $0.members(of: row, bucket: bucket, groupBy: question.groupBy) }
            }
        }
        member("truncated", answer.isTruncated)
    }

    private static func text(ofHour hour: Int64) -> [UInt8] {
        Array(HistoryQuestion.start(ofHour: hour).description.utf8)
    }

    /// What was not named is null: an empty text in the views, and status 0.
    private mutating func members(of row: HistoryRow, bucket: [UInt8], groupBy: [UsageDimension]) {
        member("bucket", text: bucket)
        for (dimension, value) in zip(groupBy, row.dimensions) {
            key(dimension.rawValue)
            if dimension == .status {
                self.value(Int64(value).flatMap { $0 == 0 ? nil : $0 })
            } else {
                self.value(value.isEmpty ? nil : value)
            }
        }
        member("calls", row.calls)
        member("uncounted", row.uncounted)
    }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, observation: ObservationReport?) {
        guard let observation else { return memberNull(name) }
        object(name) { object in
            object.member("used", observation.used)
            object.member("allowance", observation.allowance)
            object.member("at", observation.at)
            object.member("source", observation.source.rawValue)
            object.member("age_ms", observation.age.milliseconds)
        }
    }
}
