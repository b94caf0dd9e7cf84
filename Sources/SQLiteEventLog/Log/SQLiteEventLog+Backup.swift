import EventSourcing
import Foundation
import GRDB

extension SQLiteEventLog {
    /// Copies the ledger as it is at this moment into a new file (mode 0600), makes it durable and verifies it.
    ///
    /// Appends go on meanwhile; what they append is not in the copy, and the WAL grows until the copy is done. The copy
    /// is one file without a WAL: put under the name `ledger.db` into a directory, it is a ledger.
    /// Refuses to overwrite: throws `.storage` when `path` exists. Until it is complete the copy is named
    /// `path.partial`.
    ///
    /// - Parameter progress: told after each step how many of how many pages are copied.
    package func backup(
        to path: String,
        progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> VerificationReport {
        guard !PrivateFiles.exists(path) else { throw EventLogError.storage("\(path) exists already") }
        let partial = path + ".partial"
        try PrivateFiles.createNewFile(partial)
        defer { PrivateFiles.removeDatabase(partial) }
        try translatingErrors(at: .beforeFirst) { try copyPages(to: partial, progress: progress) }
        try PrivateFiles.synchronise(partial)
        let report = try SQLiteEventLog.openReadOnly(file: partial).verify()
        // A hard link, unlike a rename, refuses to replace a file that came to be meanwhile.
        guard link(partial, path) == 0 else {
            throw EventLogError.storage("cannot create \(path): \(lastSystemError())")
        }
        try PrivateFiles.synchronise(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        return report
    }

    private func copyPages(to partial: String, progress: @escaping (Int, Int) -> Void) throws {
        let copy = try DatabaseQueue(path: partial)
        // One read transaction around all steps: without it, every append would make the copying start over.
        try pool.read { source in
            try copy.writeWithoutTransaction { destination in
                try source.backup(to: destination, pagesPerStep: backupPagesPerStep) { step in
                    progress(step.completedPageCount, step.totalPageCount)
                }
                try destination.execute(sql: "PRAGMA journal_mode = DELETE")
            }
        }
        try copy.close()
    }
}

/// Pages copied between two reports of progress: 4 MiB.
private let backupPagesPerStep = Int32((4 << 20) / LedgerSchema.pageSize)
