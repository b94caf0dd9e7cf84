import EventSourcing
import Foundation
import GRDB

extension SQLiteEventLog {
    /// Copies the ledger into a new file (mode 0600), makes it durable and verifies it: chain, counts and snapshots.
    ///
    /// Appends and checkpoints go between the steps of the copying. What is appended before the last step is in the
    /// copy. A read-only log is copied as it was in the beginning. The copy is one file without a WAL: put under the
    /// name `ledger.db` into a directory, it is a ledger.
    ///
    /// Refuses to overwrite: throws `.storage` when `path` exists. Until it is complete, the copy has the name that
    /// `partialPath` gives; when this throws, nothing is left of it. Throws `.damaged` when the copy does not check out.
    ///
    /// - Parameters:
    ///   - progress: told after each step how many of how many pages are copied; what it throws ends the work.
    ///   - isCancelled: asked after each step of copying and verifying; `CancellationError` is thrown when it says so.
    package func backup(
        to path: String,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
        isCancelled: () -> Bool = { false }
    ) throws -> VerificationReport {
        guard !PrivateFiles.exists(path) else { throw EventLogError.storage("\(path) exists already") }
        let partial = SQLiteEventLog.partialPath(of: path)
        try PrivateFiles.createNewFile(partial)
        defer { PrivateFiles.removeDatabase(partial) }
        try translatingErrors(at: .beforeFirst) {
            try copyPages(to: partial) { done, total in
                try progress(done, total)
                if isCancelled() { throw CancellationError() }
            }
        }
        try PrivateFiles.synchronise(partial)
        let report = try verifyCopy(partial, isCancelled: isCancelled)
        try PrivateFiles.moveWithoutReplacing(partial, to: path)
        try PrivateFiles.synchronise(PrivateFiles.directory(of: path))
        return report
    }

    /// Where a copy grows: beside its place, as `.NAME.partial`.
    package static func partialPath(of path: String) -> String {
        let name = URL(fileURLWithPath: path).lastPathComponent
        return PrivateFiles.directory(of: path) + "/" + partialPrefix + name + partialSuffix
    }

    /// Removes what a process that was killed while it made backups in this directory has left. None may be under way.
    package static func removePartialBackups(in directory: String) {
        // Where power was lost, what SQLite kept beside a copy may be there again without it.
        let endings = PrivateFiles.databaseSuffixes.map { partialSuffix + $0 }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        where name.hasPrefix(partialPrefix) && endings.contains(where: name.hasSuffix) {
            unlink(directory + "/" + name)
        }
    }

    // MARK: Copying

    private func copyPages(to partial: String, afterStep: (_ done: Int, _ total: Int) throws -> Void) throws {
        let copy = try DatabaseQueue(path: partial)
        try copy.writeWithoutTransaction { destination in
            // A copy that is not completed is thrown away: it needs no journal, and is made durable as a whole.
            try destination.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            var steps = 0
            try copyPages(into: destination) { pages in
                steps += 1
                // Written out bit by bit, so that no commit's fsync has gigabytes of the copy before it.
                if steps.isMultiple(of: stepsPerSync) { try PrivateFiles.synchronise(partial) }
                try afterStep(pages.done, pages.total)
            }
            try destination.execute(sql: "PRAGMA journal_mode = DELETE")
        }
        try copy.close()
    }

    private func copyPages(
        into destination: Database,
        afterStep: (_ pages: (done: Int, total: Int)) throws -> Void
    ) throws {
        try withSource { source in
            let copy = try source.use { try PageCopy(of: $0, into: destination) }
            defer { source.use { _ in copy.finish() } }
            var isComplete = false
            while !isComplete {
                let pages = try source.use { _ in
                    isComplete = try !copy.step()
                    return copy.progress
                }
                try afterStep(pages)
            }
        }
    }

    /// Lends what to copy from: the writer's connection, which appends use in between; of a read-only log one reader's,
    /// in one transaction around all steps.
    private func withSource(_ body: (BackupSource) throws -> Void) throws {
        guard options.readOnly else { return try body(.writer(pool)) }
        try pool.read { db in
            // The transaction begins with the first look at the file.
            _ = try BlockQueries.firstRow(db)
            try body(.reader(db))
        }
    }

    // MARK: Verifying

    private func verifyCopy(_ path: String, isCancelled: () -> Bool) throws -> VerificationReport {
        let copy = try SQLiteEventLog.openReadOnly(file: path)
        defer { try? copy.close() }
        let report = try copy.verify(isCancelled: isCancelled)
        if let fault = try copy.checkSnapshots(isCancelled: isCancelled).first {
            // Where the ledger's own is no better, the next backup must not fail for the same reason.
            _ = try checkSnapshots(isCancelled: isCancelled)
            throw EventLogError.damaged(
                at: fault.position,
                reason: "the copy's snapshot \(fault.reason); one that is wrong in the ledger too is set aside now"
            )
        }
        return report
    }
}

/// The connection that pages are copied from, lent for one step at a time.
private enum BackupSource {
    case writer(DatabasePool)
    case reader(Database)

    func use<Result>(_ body: (Database) throws -> Result) rethrows -> Result {
        switch self {
        case .writer(let pool): try pool.writeWithoutTransaction(body)
        case .reader(let db): try body(db)
        }
    }
}

/// Steps between two waits for the disk: 2 MiB. A commit's own `fdatasync` waits for what is on its way then: with 16 MiB
/// it took 20 to 43 ms every time.
private let stepsPerSync = 2

private let partialPrefix = "."
private let partialSuffix = ".partial"
