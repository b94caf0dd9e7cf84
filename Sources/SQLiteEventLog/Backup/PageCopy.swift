import EventSourcing
import GRDB
import GRDBSQLite

/// A database on its way into another file by SQLite's backup interface, a bounded number of pages at a time.
///
/// SQLite writes what the source's connection changes between two steps into the copy as well, and begins anew after a
/// change by any other connection. So the source is the writer, or a reader inside one transaction. Every call is made
/// while both connections are held.
struct PageCopy {
    /// Pages that one step copies: 1 MiB. An append waits for one step at most, which takes about a millisecond.
    private static let pagesPerStep = CInt((1 << 20) / LedgerSchema.pageSize)

    private let backup: OpaquePointer
    private let destination: OpaquePointer?

    init(of source: Database, into destination: Database) throws {
        self.destination = destination.sqliteConnection
        guard let backup = sqlite3_backup_init(self.destination, "main", source.sqliteConnection, "main") else {
            throw PageCopy.error(sqlite3_errcode(self.destination), self.destination)
        }
        self.backup = backup
    }

    /// Pages copied, and pages in all; the second changes when the source does.
    var progress: (done: Int, total: Int) {
        let total = Int(sqlite3_backup_pagecount(backup))
        return (total - Int(sqlite3_backup_remaining(backup)), total)
    }

    /// False once the copy is complete.
    func step() throws -> Bool {
        switch sqlite3_backup_step(backup, PageCopy.pagesPerStep) {
        case SQLITE_OK: true
        case SQLITE_DONE: false
        case let code: throw PageCopy.error(code, destination)
        }
    }

    /// Ends the copying, complete or not. To be called once, and nothing afterwards.
    func finish() {
        // Says again what a step has said.
        _ = sqlite3_backup_finish(backup)
    }

    private static func error(_ code: CInt, _ connection: OpaquePointer?) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: connection.map { String(cString: sqlite3_errmsg($0)) }
        )
    }
}
