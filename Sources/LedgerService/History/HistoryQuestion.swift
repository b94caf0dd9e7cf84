package import EventSourcing
package import SQLiteEventLog

/// The length of the buckets of `usage.history`.
package enum HistoryBucket: String, CaseIterable, Sendable {
    case hour
    case day

    package var hours: Int64 { self == .hour ? 1 : 24 }
}

/// How many calls were made when, by whom, for what.
package struct HistoryQuestion: Sendable {
    package var org: String
    /// Nil asks for the whole org.
    package var workspace: String?
    /// The range of dates of the calls, `to` not before `from`; widened to whole buckets of UTC.
    package var from: Timestamp
    package var to: Timestamp
    package var bucket: HistoryBucket
    package var groupBy: [UsageDimension]
    package var rowsMax: Int

    package init(
        org: String,
        workspace: String?,
        from: Timestamp,
        to: Timestamp,
        bucket: HistoryBucket,
        groupBy: [UsageDimension],
        rowsMax: Int
    ) {
        self.org = org
        self.workspace = workspace
        self.from = from
        self.to = to
        self.bucket = bucket
        self.groupBy = groupBy
        self.rowsMax = rowsMax
    }
}

/// The rows, in order of bucket and then of dimensions; buckets without calls have none.
package struct HistoryAnswer: Sendable {
    package var from: Timestamp
    package var to: Timestamp
    /// The last event that was counted.
    package var position: LogPosition
    package var rows: [HistoryRow]
    /// There were more than `rowsMax` rows.
    package var isTruncated: Bool
}

/// Why a question about the past has no answer.
package enum HistoryError: Error, Hashable, Sendable {
    case positionPastHead(asked: LogPosition, head: LogPosition)
    /// Calls of the window asked about may be among the events that retention dropped.
    case dropped(firstHeld: LogPosition)
    /// The log was empty at that position, so it is as of no instant.
    case noMomentYet
}
