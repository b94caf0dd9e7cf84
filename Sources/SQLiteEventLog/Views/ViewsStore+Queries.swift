package import EventSourcing
import GRDB

/// What usage can be grouped by besides time.
package enum UsageDimension: String, CaseIterable, Sendable {
    case workspace, integration, purpose, verb, resource, status
}

/// A question about past usage.
package struct HistoryQuery: Sendable {
    package var org: String
    /// Only this workspace's calls; nil for all of the org.
    package var workspace: String?
    /// Whole hours since 1970-01-01T00:00Z, `toHour` not included.
    package var fromHour: Int64
    package var toHour: Int64
    /// Hours of a bucket: 1, or 24 for days in UTC.
    package var bucketHours: Int64
    package var groupBy: [UsageDimension]
    /// Rows returned at most.
    package var limit: Int

    package init(
        org: String,
        workspace: String? = nil,
        fromHour: Int64,
        toHour: Int64,
        bucketHours: Int64 = 1,
        groupBy: [UsageDimension] = [],
        limit: Int = .max
    ) {
        self.org = org
        self.workspace = workspace
        self.fromHour = fromHour
        self.toHour = toHour
        self.bucketHours = bucketHours
        self.groupBy = groupBy
        self.limit = limit
    }
}

/// The calls of one bucket that are alike in the dimensions asked for.
package struct HistoryRow: Hashable, Sendable {
    /// The bucket's first hour since 1970-01-01T00:00Z.
    package var hour: Int64
    /// In the order of `groupBy`; empty where none was named.
    package var dimensions: [String]
    package var calls: Int
    package var uncounted: Int
}

/// A question about what happened besides calls.
package struct FactsQuery: Sendable {
    package var org: String
    /// Only this workspace's events; nil for all of the org.
    package var workspace: String?
    /// Only events whose type begins so.
    package var typePrefix: String
    /// Positions from `from` up to and including `upTo`.
    package var from: LogPosition
    package var upTo: LogPosition
    /// Events returned at most.
    package var limit: Int

    package init(
        org: String,
        workspace: String? = nil,
        typePrefix: String = "",
        from: LogPosition = .beforeFirst,
        upTo: LogPosition,
        limit: Int = .max
    ) {
        self.org = org
        self.workspace = workspace
        self.typePrefix = typePrefix
        self.from = from
        self.upTo = upTo
        self.limit = limit
    }
}

extension ViewsStore {
    /// Usage by bucket and dimensions, ordered by these, and the position of the last event that the rows count.
    /// Buckets without calls have no row.
    package func history(_ query: HistoryQuery) throws -> (rows: [HistoryRow], position: LogPosition) {
        try reading { db in
            (try HistoryCount.rows(query, db), try ViewsCheckpoint(db)?.position ?? .beforeFirst)
        }
    }

    /// The positions among which all calls dated in these hours are, in order and not touching each other. Hours since
    /// 1970-01-01T00:00Z, `toHour` not included. Other events and other hours' calls lie there too.
    package func ranges(org: String, fromHour: Int64, toHour: Int64) throws -> [ClosedRange<LogPosition>] {
        let sql = """
            SELECT first, last FROM call_ranges WHERE org = ? AND hour >= ? AND hour < ? ORDER BY first
            """
        return try reading { db in
            let rows = try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [org, fromHour, toHour])
            return try rows.reduce(into: []) { ranges, row in
                let range = try positions(of: row)
                if let last = ranges.last, range.lowerBound <= last.upperBound.next {
                    ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
                } else {
                    ranges.append(range)
                }
            }
        }
    }

    private func positions(of row: Row) throws -> ClosedRange<LogPosition> {
        let (first, last): (Int64, Int64) = try (row.decode(atIndex: 0), row.decode(atIndex: 1))
        guard 0 < first, first <= last, last < Int64.max else {
            throw ViewsError.damaged("an hour's calls are said to be at \(first) to \(last)")
        }
        return LogPosition(first)...LogPosition(last)
    }

    /// Events in the order of the log.
    package func facts(_ query: FactsQuery) throws -> [Fact] {
        let sql = """
            SELECT position, time, type, org, workspace, event FROM facts
            WHERE org = ?1 AND (?2 IS NULL OR workspace = ?2) AND substr(type, 1, length(?3)) = ?3
              AND position BETWEEN ?4 AND ?5
            ORDER BY position LIMIT ?6
            """
        return try reading { db in
            let arguments: StatementArguments = [
                query.org, query.workspace, query.typePrefix, query.from.ordinal, query.upTo.ordinal, query.limit,
            ]
            return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map(Fact.init(row:))
        }
    }
}
