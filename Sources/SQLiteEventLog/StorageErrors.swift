import EventSourcing
import GRDB

/// Runs `body` and turns what SQLite says into what a log says: a file that is not well formed is damage at `position`,
/// anything else is a refusal of the storage.
func translatingErrors<Result>(at position: LogPosition, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as DatabaseError {
        throw error.asEventLogError(at: position)
    } catch let error as RowDecodingError {
        // Nothing else puts a value of another type into a column.
        throw EventLogError.damaged(at: position, reason: "\(error)")
    }
}

extension EventLogError {
    static func missingBlock(at position: LogPosition) -> EventLogError {
        .damaged(at: position, reason: "the block that held position \(position) is missing")
    }
}

extension DatabaseError {
    /// What is stored is not what was written. A disk that fails is none: what it could not read may be well, and read the
    /// next time. `DatabaseFiles` keeps SQLite from taking the one for the other.
    var isDamage: Bool {
        resultCode.primaryResultCode == .SQLITE_CORRUPT || resultCode.primaryResultCode == .SQLITE_NOTADB
            || isWrongChecksum || isWrongSchema
    }

    /// Of a file whose tables or columns have other names than those that every ledger has, or whose schema is in a format
    /// that there is not.
    private var isWrongSchema: Bool {
        guard resultCode.primaryResultCode == .SQLITE_ERROR, let message else { return false }
        return ["no such table: ", "no such column: ", " has no column named ", "unsupported file format"].contains {
            message.contains($0)
        }
    }

    /// Of a page of views.db.
    private var isWrongChecksum: Bool { extendedResultCode.rawValue == PageChecksums.failure }

    /// What went wrong, and whether that was the disk's doing.
    var reason: String {
        if isWrongChecksum { return "a page does not have its checksum" }
        return resultCode.primaryResultCode == .SQLITE_IOERR ? "the disk failed: \(words)" : words
    }

    /// SQLite's. A copy of a database that fails comes with the message of the connection that it is copied from, which is
    /// well.
    private var words: String {
        let isNoDatabase = resultCode.primaryResultCode == .SQLITE_NOTADB
        if isNoDatabase { return "it is no SQLite database, or its beginning is damaged" }
        if let message, message != "not an error" { return message }
        return "SQLite result code \(resultCode)"
    }

    func asEventLogError(at position: LogPosition) -> EventLogError {
        let reason = reason
        return isDamage ? .damaged(at: position, reason: reason) : .storage(reason)
    }
}
