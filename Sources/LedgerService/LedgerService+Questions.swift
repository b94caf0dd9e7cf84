package import EventSourcing
package import QuotaDomain
import SQLiteEventLog

/// Questions that read files. They block their thread.
extension LedgerService {
    /// Usage of a workspace in the past (R25): `at` an instant, or as of a position, or both. The position is that of the last
    /// event that was taken into account.
    package func usage(
        org: String, workspace: String, at: Timestamp?, asOfPosition: LogPosition?
    ) throws -> (report: UsageReport, position: LogPosition) {
        let head = feed.head.position
        _ = try ask { state, _ throws(Rejection) in try state.settings(org: org, workspace: workspace) }
        let past = PastUsage(log: log, views: try usageHistory.store(upTo: head), head: head)
        return try past.answer(
            PastUsage.Question(org: org, workspace: workspace, at: at, asOfPosition: asOfPosition))
    }

    /// Calls by bucket and dimensions, from roll-ups.
    package func history(_ question: HistoryQuestion) throws -> HistoryAnswer {
        _ = try ask { state, moment throws(Rejection) in try state.org(question.org, at: moment.now) }
        let head = feed.head.position
        let store = try usageHistory.store(upTo: head)
        let length = question.bucket.hours
        let firstBucket = floorDivided(question.from.milliseconds, by: length * HistoryQuestion.hourMilliseconds)
        let endBucket = -floorDivided(-question.to.milliseconds, by: length * HistoryQuestion.hourMilliseconds)
        let rows = try store.history(
            HistoryQuery(
                org: question.org, workspace: question.workspace, fromHour: firstBucket * length,
                toHour: endBucket * length, bucketHours: length, groupBy: question.groupBy, limit: question.rowsMax + 1
            ))
        return HistoryAnswer(
            from: HistoryQuestion.start(ofHour: firstBucket * length),
            to: HistoryQuestion.start(ofHour: endBucket * length), position: head,
            rows: Array(rows.prefix(question.rowsMax)), isTruncated: rows.count > question.rowsMax
        )
    }

    /// The blocks from the one that holds `position` on, up to about `byteLimit` bytes of lines; from memory when they are
    /// there. Empty past the head.
    package func readBlocks(from position: LogPosition, byteLimit: Int) throws -> [CommittedBlock] {
        if let blocks = feed.blocks(from: position, byteLimit: byteLimit) { return blocks }
        return try log.read(from: position, byteLimit: byteLimit)
    }

    /// The first event recorded at or after an instant; the one behind the head when there is none yet.
    package func firstPosition(atOrAfter instant: Timestamp) throws -> LogPosition {
        try log.position(atOrBefore: instant - TimeSpan(milliseconds: 1)).next
    }
}

extension HistoryQuestion {
    static let hourMilliseconds: Int64 = 3_600_000

    /// The instant at which an hour since the epoch begins.
    package static func start(ofHour hour: Int64) -> Timestamp {
        Timestamp(milliseconds: hour * hourMilliseconds)
    }
}
