package import EventSourcing
import GRDB

/// How large a log is, for operators.
package struct LogStatistics: Hashable, Sendable {
    package var head: LogHead
    package var firstHeld: LogPosition
    /// Events ever appended, dropped ones included.
    package var events: Int
    /// Rows of `blocks`, and how many of them hold several commits.
    package var blocks: Int
    package var packedBlocks: Int
    /// Bytes of the held lines before compression, and of the stored bodies.
    package var lineBytes: Int
    package var bodyBytes: Int
    /// Bytes of ledger.db and of its WAL.
    package var databaseBytes: Int
    package var walBytes: Int
    /// Times of the first and the last event; nil in an empty log.
    package var timeFirst: Timestamp?
    package var timeLast: Timestamp?
}

extension SQLiteEventLog {
    /// Counts all rows: takes about a second for ten million unpacked blocks.
    package func statistics() throws -> LogStatistics {
        let head = try head()
        return try reading(at: .beforeFirst) { db in
            let sql = """
                SELECT count(*), count(CASE WHEN typeof(seams) <> 'null' THEN 1 END),
                  coalesce(sum(CASE WHEN typeof(body) <> 'null' THEN size END), 0),
                  coalesce(sum(length(body)), 0), min(time_first), max(time_last)
                FROM blocks
                """
            let row = try Row.fetchOne(db, sql: sql)
            return LogStatistics(
                head: head,
                firstHeld: try BlockQueries.firstHeld(db),
                events: Int(head.position.ordinal),
                blocks: row?[0] ?? 0,
                packedBlocks: row?[1] ?? 0,
                lineBytes: row?[2] ?? 0,
                bodyBytes: row?[3] ?? 0,
                databaseBytes: PrivateFiles.size(path),
                walBytes: PrivateFiles.size(path + "-wal"),
                timeFirst: (row?[4] as Int64?).map(Timestamp.init(milliseconds:)),
                timeLast: (row?[5] as Int64?).map(Timestamp.init(milliseconds:))
            )
        }
    }
}
