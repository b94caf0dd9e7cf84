import GRDB
import GRDBSQLite

/// A statement that runs for many rows, one after the other. What was bound stays so until it is bound anew.
///
/// GRDB's own arguments are existentials in an array: making, checking and taking apart ten of them for each row cost as
/// much as SQLite's work. So does taking values out of its rows.
struct RowStatement {
    private let statement: Statement
    private let db: Database

    init(_ sql: String, _ db: Database) throws {
        statement = try db.cachedStatement(sql: sql)
        self.db = db
    }

    // MARK: Binding; parameters are numbered from 1

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

    /// SQLite copies the bytes, of which there has to be one at least.
    func bind(_ bytes: [UInt8], at index: Int32) {
        sqlite3_bind_blob(statement.sqliteStatement, index, bytes, Int32(bytes.count), RowStatement.transient)
    }

    // MARK: Running

    /// Runs a statement that gives no row.
    func run() throws {
        try forEachRow { _ in true }
    }

    /// Runs the statement and gives the first column of its first row; nil when there is none.
    func number() throws -> Int64? {
        var number: Int64?
        try forEachRow { row in
            number = try number ?? row.number(at: 0)
            return true
        }
        return number
    }

    /// Runs the statement and calls `body` with each row, as long as it gives true.
    func forEachRow(_ body: (StatementRow) throws -> Bool) throws {
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        var status = sqlite3_step(handle)
        while status == SQLITE_ROW {
            guard try body(StatementRow(handle: handle)) else { return }
            status = sqlite3_step(handle)
        }
        guard status == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: status),
                message: String(cString: sqlite3_errmsg(db.sqliteConnection)),
                sql: statement.sql
            )
        }
    }

    /// `SQLITE_TRANSIENT`, which Swift does not import.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// The row that a statement stands at; of no use once it has gone on. A value of another type than the table's is thrown
/// as `ViewsError.damaged`.
struct StatementRow {
    fileprivate let handle: SQLiteStatement

    /// Columns are numbered from 0.
    func number(at index: Int32) throws -> Int64 {
        try require(SQLITE_INTEGER, at: index)
        return sqlite3_column_int64(handle, index)
    }

    /// The bytes of a text or a blob, as long as `body` runs.
    func withBytes<Result>(at index: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let isText = sqlite3_column_type(handle, index) == SQLITE_TEXT
        if !isText { try require(SQLITE_BLOB, at: index) }
        let start = sqlite3_column_blob(handle, index)
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
    }

    private func require(_ type: Int32, at index: Int32) throws {
        guard sqlite3_column_type(handle, index) == type else {
            throw ViewsError.damaged("column \(index) of a row has a value of another type")
        }
    }
}
