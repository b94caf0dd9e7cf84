import EventSourcing
import GRDB

/// Why the views cannot answer. They are never the only place of anything: the remedy for damage is a rebuild.
package enum ViewsError: Error, Equatable {
    /// The file is damaged.
    case damaged(String)
    /// The storage refused: disk full, I/O error.
    case storage(String)
}

/// Runs `body` and turns what SQLite and the file system say into a `ViewsError`.
func translatingViewsErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as DatabaseError {
        throw error.isDamage ? ViewsError.damaged(error.reason) : ViewsError.storage(error.reason)
    } catch let error as RowDecodingError {
        // Nothing else puts a value of another type into a column.
        throw ViewsError.damaged("\(error)")
    } catch EventLogError.storage(let reason) {
        throw ViewsError.storage(reason)
    }
}
