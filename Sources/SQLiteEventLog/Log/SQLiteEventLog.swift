package import EventSourcing
import Foundation
import GRDB
import Synchronization

/// The event log in one SQLite file, `ledger.db`.
///
/// There are two rules, both because of SQLite's write-ahead log (WAL):
///
/// 1. One connection, the writer, writes and checkpoints; all others only read. SQLite before 3.51.3 can otherwise lose
///    committed pages (the WAL-reset bug), and Debian 12 has 3.40.1. `ledger.lock` keeps other processes out.
/// 2. Appends come from one thread at a time, and none that is a task's: GRDB rolls back a write whose task is cancelled, and an append
///    must not depend on who waits for it.
///
/// Readers see a block only after its commit's fsync, and never wait for the writer.
package final class SQLiteEventLog: EventLog {
    /// What a log may be asked to do differently.
    package struct Options: Sendable {
        /// Opens only reading connections and takes no lock: for tools that look at a stopped or a running ledger.
        package var readOnly = false
        /// `checkpointIfDue()` moves the WAL into the database once it holds about this many bytes, however soon that is.
        package var checkpointBytes = 8 << 20
        /// With so many bytes of lines it does so already when it last did `checkpointPause` ago: appends wait meanwhile,
        /// 10 ms for 8 MiB and 2 ms for 1 MiB.
        package var earlyCheckpointBytes = 1 << 20
        /// Each checkpoint costs about 1 ms besides what it moves: under full load, fewer and larger ones are better.
        package var checkpointPause = Duration.milliseconds(100)
        /// Reads that may run at once; more of them wait for each other.
        package var readersMax = 4
        /// Rows that one read with a query passes over: about 10 ms.
        package var skippedMax = 8_192

        package init(readOnly: Bool = false) {
            self.readOnly = readOnly
        }
    }

    /// The database file.
    package let path: String
    let options: Options
    let pool: DatabasePool
    let state: Mutex<State>
    /// Held while snapshots are saved or pruned.
    let snapshotChange = Mutex(())
    /// Held as long as the log is open; nil when it is read-only.
    private let lock: DirectoryLock?

    struct State {
        /// What the next append must expect; nil in a read-only log, which looks into the file every time.
        var head: LogHead?
        /// Why the log takes no more appends: a failed write leaves it open what the file holds.
        var failure: String?
        /// What was written since the last checkpoint.
        var unmoved = UnmovedBytes()
        /// There is one compaction at a time.
        var isCompacting = false
    }

    /// Opens the ledger in `directory`, creating both when they are missing unless the log is read-only.
    ///
    /// Throws `.storage` when another process has it open for writing, when it is no ledger, or when it was written by
    /// a newer program; `.damaged` when its last block or its write-ahead log does not check out.
    package static func open(directory: String, options: Options = Options()) throws -> SQLiteEventLog {
        let path = directory + "/" + LedgerSchema.fileName
        guard !options.readOnly else { return try SQLiteEventLog(path: path, options: options, lock: nil) }
        try PrivateFiles.createDirectory(directory)
        let lock = try DirectoryLock(directory: directory)
        try PrivateFiles.createFile(path)
        return try SQLiteEventLog(path: path, options: options, lock: lock)
    }

    /// Opens one ledger file of any name, such as a backup, for reading only.
    package static func openReadOnly(file path: String) throws -> SQLiteEventLog {
        try SQLiteEventLog(path: path, options: Options(readOnly: true), lock: nil)
    }

    private init(path: String, options: Options, lock: DirectoryLock?) throws {
        (self.path, self.options, self.lock) = (path, options, lock)
        if let damage = try DatabaseHeader(of: path)?.damage {
            throw EventLogError.damaged(at: .beforeFirst, reason: damage)
        }
        // Before SQLite throws away what is behind a damaged frame, as opening for writing has it do.
        try checkWAL(of: path)
        pool = try translatingErrors(at: .beforeFirst) { try openPool(path: path, options: options) }
        state = Mutex(State())
        let head = try readHead()
        guard !options.readOnly else { return }
        state.withLock { $0.head = head }
        // What a process that died left in the WAL can be read, and yet the disk may not have it: its last commit was not
        // synced, or a sync failed, after which the kernel tries no other. Nobody may build on it before it is durable.
        try checkpoint()
    }

    /// Closes the files after moving the WAL into the database, and lets go of the lock. The log must not be used
    /// afterwards. Whatever goes wrong, the rest is done too; throws the first thing that did.
    package func close() throws {
        defer { lock?.release() }
        let checkpointing = Result { try checkpoint() }
        let closing = Result {
            try translatingErrors(at: .beforeFirst) {
                // Closes the readers: the writer then closes last and can remove the empty WAL.
                pool.releaseMemory()
                try pool.close()
            }
        }
        try checkpointing.get()
        try closing.get()
    }

    // MARK: Appending

    /// Makes one block durable: one INSERT, one commit, one fsync. Call it from one thread at a time, outside any task.
    package func append(_ block: Block, expecting expected: LogHead) throws -> CommittedBlock {
        let actual = try appendableHead()
        guard actual == expected else { throw EventLogError.unexpectedHead(expected: expected, actual: actual) }
        precondition(block.first == actual.position.next, "a block begins right behind the head")
        precondition(block.count > 0 && block.timeFirst <= block.timeLast, "a block has events in the order of time")
        precondition(block.lines.last == UInt8(ascii: "\n"), "every line of a block is ended")
        let hash = ChainHash.next(after: actual.hash, lines: block.lines)
        do {
            try insert(block, hash: hash)
        } catch {
            throw refuseFurtherAppends(because: error, at: block.first)
        }
        state.withLock {
            $0.head = LogHead(position: block.last, hash: hash)
            $0.unmoved.add(block.lines.count)
        }
        return CommittedBlock(block: block, hash: hash)
    }

    private func appendableHead() throws -> LogHead {
        try state.withLock { state in
            if let failure = state.failure { throw EventLogError.storage(failure) }
            guard let head = state.head else { throw EventLogError.storage("the ledger is open for reading only") }
            return head
        }
    }

    private func insert(_ block: Block, hash: String) throws {
        let labels = StoredLabels.encode(block.labels, first: block.first, hash: hash)
        try pool.writeWithoutTransaction { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO blocks(first, count, time_first, time_last, size, hash, labels, body)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """
            )
            try block.lines.withDataView { body in
                try statement.execute(arguments: [
                    block.first.ordinal, block.count, block.timeFirst.milliseconds, block.timeLast.milliseconds,
                    block.lines.count, hash, labels.map { Data($0) }, body,
                ])
            }
        }
    }

    private func refuseFurtherAppends(because error: any Error, at position: LogPosition) -> any Error {
        let words = (error as? DatabaseError)?.reason ?? "\(error)"
        state.withLock { $0.failure = "an earlier write failed (\(words)); the ledger must be opened again" }
        return (error as? DatabaseError)?.asEventLogError(at: position) ?? error
    }

    // MARK: The head

    /// The last durable position and its chain hash.
    package func head() throws -> LogHead {
        if let head = state.withLock({ $0.head }) { return head }
        return try readHead()
    }

    /// From the file, after checking the last block: what a torn write would have hit.
    private func readHead() throws -> LogHead {
        try reading(at: .beforeFirst) { db in
            guard let last = try BlockQueries.last(db) else { return .empty }
            if !last.isSummary {
                let blocks = try last.unfolded(after: BlockQueries.hash(before: last, db))
                // The hash does not cover the row's count, and the head's position depends on it.
                try blocks.last.map { try EventLines.check($0.block) }
            }
            return LogHead(position: last.last, hash: last.hash)
        }
    }

    /// One consistent look at the file through a reading connection.
    func reading<Result>(at position: LogPosition, _ body: (Database) throws -> Result) throws -> Result {
        try translatingErrors(at: position) { try pool.read(body) }
    }
}

/// Throws `.damaged` at the first position that cannot be read any more.
private func checkWAL(of path: String) throws {
    guard let damage = try WALDamage.find(besideDatabase: path, pageBytes: LedgerSchema.pageSize) else { return }
    let readable = try? openPool(path: path, options: SQLiteEventLog.Options(readOnly: true)).read(BlockQueries.last)
    throw EventLogError.damaged(at: (readable?.last ?? .beforeFirst).next, reason: damage)
}

private func openPool(path: String, options: SQLiteEventLog.Options) throws -> DatabasePool {
    DatabaseFiles.install()
    var configuration = Configuration()
    configuration.label = "ledger"
    configuration.readonly = options.readOnly
    configuration.maximumReaderCount = options.readersMax
    // Only a closing or recovering connection of a reading tool can be in the way, and briefly.
    configuration.busyMode = .timeout(1)
    configuration.prepareDatabase { db in
        db.add(function: sqlarUncompress)
        guard !db.configuration.readonly else { return try LedgerSchema.standIn(db) }
        // Both take effect only while the file is empty.
        try db.execute(sql: "PRAGMA page_size = \(LedgerSchema.pageSize); PRAGMA auto_vacuum = INCREMENTAL")
        // Checkpoints cost two fsyncs: they are made between commits, see checkpointIfDue().
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        // Debian's SQLite writes zeros over every page it frees unless told otherwise: deleting a snapshot of 36 MB wrote as
        // much again, and the next append waited 110 ms for it to be moved. FAST does so where it takes no further write.
        try db.execute(sql: "PRAGMA secure_delete = FAST")
    }
    let pool = try DatabasePool(path: path, configuration: configuration)
    guard !options.readOnly else {
        try pool.read { try LedgerSchema.check($0, path: path) }
        return pool
    }
    try pool.writeWithoutTransaction { db in
        // The pool has just set NORMAL, after the configuration above ran: a commit would not be durable.
        try db.execute(sql: "PRAGMA synchronous = FULL")
        try LedgerSchema.prepare(db, path: path)
    }
    return pool
}
