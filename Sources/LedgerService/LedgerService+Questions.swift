package import EventSourcing
package import QuotaDomain
import SQLiteEventLog

/// Questions that read files. They block their thread.
extension LedgerService {
    /// Usage of a workspace in the past (R25): `at` an instant, or as of a position, or both. The position is that of
    /// the last event that was taken into account. Throws `ServiceError.invalid` when the instant is in the future, by
    /// more than clocks may differ.
    package func usage(
        org: String,
        workspace: String,
        at: Timestamp?,
        asOfPosition: LogPosition?
    ) throws -> (report: UsageReport, position: LogPosition) {
        let head = feed.head.position
        let now = try ask { state, moment throws(Rejection) in
            _ = try state.settings(org: org, workspace: workspace)
            return moment.now
        }
        if let at, at > now + Policy.clockSkewMax {
            throw ServiceError.invalid(field: "at", message: "must not be in the future")
        }
        let question = PastUsage.Question(org: org, workspace: workspace, at: at, asOfPosition: asOfPosition)
        return try PastUsage(log: log, views: usageHistory, head: head).answer(question)
    }

    /// Calls by bucket and dimensions, from roll-ups. Throws `ServiceError.invalid` when the last bucket ends past year
    /// 9999.
    package func history(_ question: HistoryQuestion) throws -> HistoryAnswer {
        _ = try ask { state, moment throws(Rejection) in try state.org(question.org, at: moment.now) }
        let hours = question.wholeBuckets
        let end = HistoryQuestion.start(ofHour: hours.upperBound)
        guard Timestamp.representable.contains(end) else {
            throw ServiceError.invalid(
                field: "to",
                message: "must not be in the last \(question.bucket.rawValue) of the year 9999"
            )
        }
        let query = HistoryQuery(
            org: question.org,
            workspace: question.workspace,
            fromHour: hours.lowerBound,
            toHour: hours.upperBound,
            bucketHours: question.bucket.hours,
            groupBy: question.groupBy,
            limit: question.rowsMax + 1
        )
        let (rows, position) = try usageHistory.answer(upTo: feed.head.position) { view in
            (try view.history(query), try view.position())
        }
        return HistoryAnswer(
            from: HistoryQuestion.start(ofHour: hours.lowerBound),
            to: end,
            position: position,
            rows: Array(rows.prefix(question.rowsMax)),
            isTruncated: rows.count > question.rowsMax
        )
    }

    /// The blocks from the one that holds `position` on that may hold what is asked for, up to about `byteLimit` bytes
    /// of lines; from memory when they are there. Past the head nothing is there to be searched.
    package func readBlocks(
        from position: LogPosition,
        matching query: BlockQuery = .everything,
        byteLimit: Int
    ) throws -> BlockPage {
        if let page = feed.page(from: position, matching: query, byteLimit: byteLimit) { return page }
        return try log.read(from: position, matching: query, byteLimit: byteLimit)
    }

    /// The first event recorded at or after an instant; the one behind the head when there is none yet.
    package func firstPosition(atOrAfter instant: Timestamp) throws -> LogPosition {
        try log.position(atOrBefore: instant - TimeSpan(milliseconds: 1)).next
    }
}

extension HistoryQuestion {
    static let hourMilliseconds: Int64 = 3_600_000

    /// The hours since the epoch of all buckets that the range touches.
    fileprivate var wholeBuckets: Range<Int64> {
        let length = bucket.hours * HistoryQuestion.hourMilliseconds
        let first = floorDivided(from.milliseconds, by: length)
        let end = -floorDivided(-to.milliseconds, by: length)
        return first * bucket.hours..<end * bucket.hours
    }

    /// Hours since the epoch at an instant, cut to whole ones.
    static func hour(of instant: Timestamp) -> Int64 { floorDivided(instant.milliseconds, by: hourMilliseconds) }

    /// The instant at which an hour since the epoch begins.
    package static func start(ofHour hour: Int64) -> Timestamp {
        Timestamp(milliseconds: hour * hourMilliseconds)
    }
}
