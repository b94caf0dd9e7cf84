import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain

extension JSONWriter {
    /// `sync`, `state` and `pauses`: what every command of a bulk sync answers.
    mutating func standing(of report: BulkSyncReport) {
        member("sync", report.sync)
        member("state", report.state.rawValue)
        member("pauses", report.pauses.map(\.rawValue))
    }

    /// A row of `bulk_sync.list`, and all of `bulk_sync.get` but the version.
    mutating func members(of report: BulkSyncReport) {
        standing(of: report)
        member("started_at", report.startedAt)
        member("ended_at", report.endedAt)
        member("total", report.progress?.total)
        member("processed", report.progress?.processed)
        member("updated", report.progress?.updated)
        member("unchanged", report.progress?.unchanged)
        member("skipped", report.progress?.skipped)
        member("failed", report.progress?.failed)
        member("cause", report.cause?.rawValue)
        member("failure", failure: report.failure)
    }

    /// The members of `event_sync.get`.
    mutating func members(of report: EventSyncReport) {
        member("state", report.reasons.isEmpty ? "running" : "paused")
        member("reasons", report.reasons.map(\.rawValue))
        member("since", report.since)
        member("poll_interval_ms", Policy.eventSyncPollInterval.milliseconds)
        member("next_poll_at", report.nextPollAt)
    }

    /// A row of `mapping.list`.
    mutating func members(of mapping: Mapping, position: LogPosition) {
        member("object", mapping.key.object.rawValue)
        member("intercom", mapping.key.intercom)
        member("salesforce", mapping.salesforce)
        member("direction", mapping.direction.rawValue)
        member("position", position)
    }

    /// A row of `sync_errors.list`. A row whose retry is under way cannot be retried.
    mutating func members(of row: SyncErrorRow) {
        member("error", row.error)
        member("at", row.at)
        member("code", row.report.failure.code)
        member("message", row.report.failure.message)
        member("direction", row.report.direction.rawValue)
        member("sync_type", row.report.syncType.rawValue)
        member("object", row.report.object.rawValue)
        member("record", row.report.record)
        member("attribute", row.report.attribute)
        member("attempt", row.attempt)
        member("state", row.isRetrying ? "retrying" : "open")
        member("retryable", !row.isRetrying)
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, failure: Failure?) {
        guard let failure else { return memberNull(name) }
        object(name) { object in
            object.member("code", failure.code)
            object.member("message", failure.message)
        }
    }
}
