import EventSourcing
import GRDB
import Synchronization

extension SQLiteEventLog {
    /// Moves the WAL into the database when it has grown enough, see `Options`; true when it did.
    ///
    /// Call it from the writer's thread after replies have left: it costs about as much as a few commits. It is
    /// passive: it does not wait for readers, and it leaves the WAL file its length, because writing over existing
    /// bytes is cheaper to make durable than growing a file.
    @discardableResult
    package func checkpointIfDue() throws -> Bool {
        try checkpointIfDue(isAwaited: true)
    }

    /// The same for writes other than appends, which count their own bytes. Nobody waits for them, so they are moved in
    /// small pieces however soon these follow: an append may come meanwhile.
    @discardableResult
    func checkpointIfDue(afterWriting bytes: Int) throws -> Bool {
        state.withLock { $0.unmoved.add(bytes) }
        return try checkpointIfDue(isAwaited: false)
    }

    private func checkpointIfDue(isAwaited: Bool) throws -> Bool {
        let isDue = state.withLock { state in
            guard state.unmoved.isDue(options, isAwaited: isAwaited) else { return false }
            state.unmoved = UnmovedBytes()
            return true
        }
        if isDue { try moveLog(.passive) }
        return isDue
    }

    /// Moves the whole WAL into the database and empties it, for closing. Where a reader is in the way for longer than
    /// a second, the rest stays in the WAL, just as durable.
    package func checkpoint() throws {
        guard !options.readOnly else { return }
        try moveLog(.truncate)
        state.withLock { $0.unmoved = UnmovedBytes() }
    }

    /// The same without waiting for anybody: the file also gets shorter by the pages that were returned at its end.
    func checkpointWithoutWaiting() throws {
        try moveLog(.passive)
        state.withLock { $0.unmoved = UnmovedBytes() }
    }

    private func moveLog(_ mode: Database.CheckpointMode) throws {
        try translatingErrors(at: .beforeFirst) {
            do {
                _ = try pool.writeWithoutTransaction { try $0.checkpoint(mode) }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                // A reader still needs what the WAL holds; the next checkpoint moves it.
            }
        }
    }
}
