package import EventSourcing
import GRDB

/// The views as they stand at one moment, for questions that belong together: they go on meanwhile.
package struct ViewsReader {
    private let db: Database

    init(_ db: Database) {
        self.db = db
    }

    /// The last event that the views hold.
    package func position() throws -> LogPosition {
        guard let checkpoint = try ViewsCheckpoint(db) else {
            throw ViewsError.damaged("it is not said how far they reach")
        }
        return checkpoint.position
    }

    /// Usage by bucket and dimensions, ordered by these. Buckets without calls have no row.
    package func history(_ query: HistoryQuery) throws -> [HistoryRow] {
        try HistoryCount.rows(query, db)
    }

    /// The positions among which all calls dated in these hours are, in order and not touching each other. Hours since
    /// 1970-01-01T00:00Z. Other events and other hours' calls lie there too.
    package func ranges(org: String, hours: Set<Int64>) throws -> [ClosedRange<LogPosition>] {
        let sql = "SELECT first, last FROM call_ranges WHERE org = ? AND hour = ?"
        let statement = try db.cachedStatement(sql: sql)
        let found = try hours.flatMap { hour in
            try Row.fetchAll(statement, arguments: [org, hour]).map(positions(of:))
        }
        return found.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { ranges, range in
            if let last = ranges.last, range.lowerBound <= last.upperBound.next {
                ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
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
        let arguments: StatementArguments = [
            query.org, query.workspace, query.typePrefix, query.from.ordinal, query.upTo.ordinal, query.limit,
        ]
        return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: arguments).map(Fact.init(row:))
    }
}
