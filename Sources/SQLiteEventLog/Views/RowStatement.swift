import GRDB
import GRDBSQLite

/// A statement that runs for many rows, one after the other. What was bound stays so until it is bound anew.
///
/// GRDB's own arguments are existentials in an array: making, checking and taking apart ten of them for each row cost as
/// much as SQLite's work.
struct RowStatement {
    private let statement: Statement
    private let db: Database

    init(_ sql: String, _ db: Database) throws {
        statement = try db.cachedStatement(sql: sql)
        self.db = db
    }

    /// Parameters are numbered from 1.
    func bind(_ number: Int64, at index: Int32) {
        sqlite3_bind_int64(statement.sqliteStatement, index, number)
    }

    /// SQLite copies the text.
    func bind(_ text: String, at index: Int32) {
        var text = text
        text.withUTF8 { bytes in
            // A text without bytes may have no address, which would stand for NULL.
            let start = bytes.baseAddress ?? UnsafePointer(bitPattern: 1)
            _ = start?.withMemoryRebound(to: CChar.self, capacity: bytes.count) { start in
                sqlite3_bind_text(statement.sqliteStatement, index, start, Int32(bytes.count), RowStatement.transient)
            }
        }
    }

    /// Runs a statement that gives no row.
    func run() throws {
        _ = try number()
    }

    /// Runs the statement and gives the first column of its first row; nil when there is none.
    func number() throws -> Int64? {
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        var status = sqlite3_step(handle)
        guard status == SQLITE_ROW else {
            try check(status)
            return nil
        }
        let number = sqlite3_column_int64(handle, 0)
        while status == SQLITE_ROW { status = sqlite3_step(handle) }
        try check(status)
        return number
    }

    private func check(_ status: Int32) throws {
        guard status != SQLITE_DONE else { return }
        throw DatabaseError(
            resultCode: ResultCode(rawValue: status),
            message: String(cString: sqlite3_errmsg(db.sqliteConnection)),
            sql: statement.sql
        )
    }

    /// `SQLITE_TRANSIENT`, which Swift does not import.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
