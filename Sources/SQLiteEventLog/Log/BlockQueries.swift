import EventSourcing
import GRDB

/// The few ways in which rows of `blocks` are looked up; all by the primary key.
enum BlockQueries {
    static func last(_ db: Database) throws -> StoredBlock? {
        try one(db, "SELECT \(StoredBlock.columns) FROM blocks ORDER BY first DESC LIMIT 1")
    }

    /// The first row, without its body's bytes.
    static func firstRow(_ db: Database) throws -> StoredBlock? {
        try one(db, "SELECT \(StoredBlock.columnsWithoutBody) FROM blocks ORDER BY first LIMIT 1")
    }

    /// The row that holds `position`, without its body's bytes; nil outside the log.
    static func row(holding position: LogPosition, _ db: Database) throws -> StoredBlock? {
        let row = try one(
            db,
            "SELECT \(StoredBlock.columnsWithoutBody) FROM blocks WHERE first <= ? ORDER BY first DESC LIMIT 1",
            [position.ordinal]
        )
        return row.flatMap { $0.last < position ? nil : $0 }
    }

    /// The row that begins at `first`, with its body.
    static func row(beginningAt first: LogPosition, _ db: Database) throws -> StoredBlock? {
        try one(db, "SELECT \(StoredBlock.columns) FROM blocks WHERE first = ?", [first.ordinal])
    }

    /// Rows in order from the one that begins at `first`.
    static func rows(from first: LogPosition, columns: String = StoredBlock.columns, _ db: Database) throws -> RowCursor
    {
        try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT \(columns) FROM blocks WHERE first >= ? ORDER BY first"),
            arguments: [first.ordinal]
        )
    }

    /// The chain hash that `row` continues from.
    static func hash(before row: StoredBlock, _ db: Database) throws -> String {
        if row.first == LogPosition.beforeFirst.next { return LogHead.empty.hash }
        let previous = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT first, count, hash FROM blocks WHERE first < ? ORDER BY first DESC LIMIT 1"
            ),
            arguments: [row.first.ordinal]
        )
        guard let previous, let first = previous[0] as Int64?, let count = previous[1] as Int64?,
            let hash = previous[2] as String?, first + count == row.first.ordinal
        else {
            throw EventLogError.missingBlock(at: LogPosition(row.first.ordinal - 1))
        }
        return hash
    }

    /// The first position whose body is still held; 1 for an empty log.
    static func firstHeld(_ db: Database) throws -> LogPosition {
        guard let row = try firstRow(db) else { return LogPosition.beforeFirst.next }
        return row.isSummary ? row.last.next : row.first
    }

    private static func one(_ db: Database, _ sql: String, _ arguments: StatementArguments = []) throws -> StoredBlock?
    {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments).map(StoredBlock.init(row:))
    }
}
