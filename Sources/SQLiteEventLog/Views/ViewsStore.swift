package import EventSourcing
import Foundation
import GRDB

/// The read models for history, in `views.db` beside the log.
///
/// They are derived from the log and may be deleted at any time. Batches are applied from one thread; any number of
/// threads may ask.
package final class ViewsStore: Sendable {
    /// What opening found.
    package struct Opened: Sendable {
        package var store: ViewsStore
        /// Why the file was made anew and must be filled from the start of the log; nil when it is good to go on with.
        package var rebuildReason: String?
    }

    let path: String
    /// The version of the projection that fills the views.
    let version: Int
    private let database: ReplaceableDatabase

    /// Opens views.db in the log's directory, or begins it anew when it is missing, damaged, of another version, or not
    /// made from this log: its checkpoint lies past the log's head, or the chain hash there is another one.
    ///
    /// - Parameters:
    ///   - version: the version of the projection; views filled by another one are begun anew.
    ///   - hashAfter: the log's chain hash after a position, nil where no block ends: `SQLiteEventLog.hash(after:)`.
    package static func open(
        directory: String,
        version: Int,
        hashAfter: (LogPosition) throws -> String?
    ) throws -> Opened {
        let path = directory + "/" + ViewsSchema.fileName
        // Left by a crash during a rebuild: derived data, begun anew.
        PrivateFiles.removeDatabase(path + ViewsRebuild.suffix)
        let isNew = !PrivateFiles.exists(path)
        let header = try translatingViewsErrors { try DatabaseHeader(of: path) }
        if let header, PageChecksums.isMissing(in: header) {
            return try beginAnew(path, version, "the file has another layout")
        }
        if let damage = try header?.damage ?? damagedWAL(of: path) {
            return try beginAnew(path, version, "the file is damaged: \(damage)")
        }
        do {
            let pool = try ViewsStore.openPool(path)
            if let reason = try ViewsStore.fault(in: pool, version: version, hashAfter: hashAfter) {
                try pool.close()
                return try beginAnew(path, version, reason)
            }
            return Opened(store: ViewsStore(path, version, pool), rebuildReason: isNew ? "there were none" : nil)
        } catch let error as DatabaseError where error.isDamage {
            return try beginAnew(path, version, "the file is damaged: \(error.reason)")
        } catch let error as DatabaseError {
            throw ViewsError.storage(error.reason)
        }
    }

    private init(_ path: String, _ version: Int, _ pool: DatabasePool) {
        (self.path, self.version) = (path, version)
        database = ReplaceableDatabase(pool) { try ViewsStore.openPool(path) }
    }

    /// Part of what is behind it may be in the file already: what is left of both fits together no more. The same is said
    /// after power was lost in the middle of several commits, which do not wait for the disk.
    private static func damagedWAL(of path: String) throws -> String? {
        try translatingViewsErrors { try WALDamage.find(besideDatabase: path, pageBytes: Int(ViewsSchema.pageSize)) }
    }

    private static func beginAnew(_ path: String, _ version: Int, _ reason: String) throws -> Opened {
        PrivateFiles.removeDatabase(path)
        return try translatingViewsErrors {
            Opened(store: ViewsStore(path, version, try openPool(path)), rebuildReason: reason)
        }
    }

    /// Commits are made with `synchronous = NORMAL`, which GRDB's pool sets: after power loss the last of them may be
    /// gone, but each as a whole. The checkpoint is in the same transaction as the rows, so the log is then read again
    /// from where the rows end.
    static func openPool(_ path: String) throws -> DatabasePool {
        try PrivateFiles.createFile(path)
        let pool = try DatabasePool(path: path, configuration: ViewsSchema.configuration(label: "views"))
        try pool.write { db in
            let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
            if isEmpty { try ViewsSchema.create(db) }
        }
        return pool
    }

    private static func fault(
        in pool: DatabasePool,
        version: Int,
        hashAfter: (LogPosition) throws -> String?
    ) throws -> String? {
        let checkpoint = try pool.read { try ViewsSchema.isCurrent($0) ? ViewsCheckpoint($0) : nil }
        guard let checkpoint else { return "the file has another layout" }
        if checkpoint == .start { return nil }
        guard checkpoint.version == version else {
            return "the views were filled by version \(checkpoint.version) of the projection, not \(version)"
        }
        do {
            guard try hashAfter(checkpoint.position) == checkpoint.hash else {
                return "the views up to position \(checkpoint.position) were not made from this log"
            }
            return nil
        } catch EventLogError.outOfRange {
            return "the log no longer holds what follows position \(checkpoint.position)"
        }
    }

    /// Closes the file. The store must not be used afterwards.
    package func close() throws {
        try translatingViewsErrors { try database.close() }
    }

    // MARK: Filling

    /// How far into the log the views reach.
    package func checkpoint() throws -> ViewsCheckpoint {
        try translatingViewsErrors { try database.read { try ViewsCheckpoint($0) ?? .start } }
    }

    /// Adds a batch that begins right behind the checkpoint, in one transaction with the new checkpoint.
    package func apply(_ batch: ViewsBatch) throws {
        try translatingViewsErrors { try database.write(batch.apply(_:)) }
    }

    /// Begins to fill a new file beside this one, which goes on serving until `finish()`. One rebuild at a time.
    package func beginRebuild() throws -> ViewsRebuild {
        try translatingViewsErrors { try ViewsRebuild(of: self) }
    }

    /// Puts the file at `newPath` in the place of the present one, which stays in use when that fails. Running queries
    /// end first, new ones wait.
    func replaceFile(with newPath: String) throws {
        try database.replace(discarding: { PrivateFiles.removeDatabase(path) }) {
            guard rename(newPath, path) == 0 else {
                throw ViewsError.storage("cannot rename \(newPath): \(lastSystemError())")
            }
        }
    }

    /// Moves the WAL into the file and removes it: a WAL that stayed would be taken for that of the next file.
    static func closeCompletely(_ pool: DatabasePool) throws {
        _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        pool.releaseMemory()
        try pool.close()
    }

    /// What `body` has of the views as they are at one moment. A rebuild's file takes their place only afterwards, and who
    /// asks meanwhile waits for that.
    package func read<Result>(_ body: (ViewsReader) throws -> Result) throws -> Result {
        try translatingViewsErrors { try database.read { try body(ViewsReader($0)) } }
    }
}
