/// What was written since the last checkpoint, and so has to be moved from the WAL into the database.
struct UnmovedBytes {
    /// Of lines, and of what else is moved: that takes the time.
    private var data = 0
    /// About how much the WAL grew by. Many small commits write the same page again and again; it is moved once.
    private var wal = 0
    private let begun = ContinuousClock.now

    /// What a commit writes besides the data: the page that holds the row, as a whole.
    private static let overheadOfCommit = LedgerSchema.pageSize

    /// Counts one commit.
    mutating func add(_ bytes: Int) {
        data += bytes
        wal += bytes + UnmovedBytes.overheadOfCommit
    }

    /// Whether it is time to move it. `isAwaited`: somebody waits while it is moved.
    func isDue(_ options: SQLiteEventLog.Options, isAwaited: Bool) -> Bool {
        if wal >= options.checkpointBytes { return true }
        guard data >= options.earlyCheckpointBytes else { return false }
        return !isAwaited || .now - begun >= options.checkpointPause
    }
}
