import Logging
import SQLiteEventLog

extension SQLiteEventLog {
    /// Moves the WAL into the database when that is due. What it holds is durable already: that it was not moved is nothing
    /// to fail for, and the next try moves it too.
    func checkpointIfDue(telling logger: Logger) {
        do {
            try checkpointIfDue()
        } catch {
            logger.warning("the write-ahead log of \(path) was not moved into the database: \(error)")
        }
    }
}
