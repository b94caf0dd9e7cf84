package import EventSourcing
import Foundation
import SQLiteEventLog

/// The log ends before events that are known to have been in it: part of it, or all of it, was lost.
package struct LostEvents: Error, Hashable, Sendable, CustomStringConvertible {
    package var head: LogPosition
    package var known: LogPosition
    /// What knows it, for the operator.
    package var witness: String

    package var description: String {
        let log = head == .beforeFirst ? "the log is empty or missing" : "the log ends at position \(head)"
        return "\(log), but \(witness) had it up to position \(known)"
    }
}

/// What stands beside a log and was made from it: how far the log must have come.
///
/// The log alone cannot tell that its end was cut off. What is left of a log is never served as the whole of it unless
/// the operator says so.
struct LogWitnesses {
    private let directory: String
    /// Views are written behind the log, which is durable before them.
    private let views: LogPosition
    private let backup: (name: String, position: LogPosition)?

    /// Reads what is there before anything is opened for use.
    init(directory: String) {
        self.directory = directory
        views = ViewsCheckpoint.recorded(inDirectory: directory)?.position ?? .beforeFirst
        backup = LogWitnesses.newestBackup(in: directory + "/" + BackupName.folder)
    }

    /// Throws when SQLite would throw away a -wal file that has nothing to go with.
    func checkNoStrayWAL() throws {
        let ledger = directory + "/" + LedgerFile.log
        guard PrivateFiles.size(ledger) > 0 || PrivateFiles.size(ledger + "-wal") == 0 else {
            throw EventLogError.storage("\(ledger) is missing or empty, but its -wal file is not: keep both files")
        }
    }

    /// Throws when the log is missing or shorter than it was: before one is made in its place, or what is behind a damaged
    /// frame of its -wal file is thrown away, as opening for writing does.
    func checkLogIsWhole() throws {
        let ledger = directory + "/" + LedgerFile.log
        guard PrivateFiles.size(ledger) > 0 else {
            if let lost = lost(behind: .beforeFirst) { throw lost }
            return
        }
        // One that cannot even be read says so when it is opened.
        guard let log = try? SQLiteEventLog.openReadOnly(file: ledger) else { return }
        defer { try? log.close() }
        if let lost = try lostEvents(from: log) { throw lost }
    }

    /// What is missing behind the log's head; nil as far as anybody knows.
    func lostEvents(from log: SQLiteEventLog) throws -> LostEvents? {
        let head = try log.head().position
        if let lost = lost(behind: head) { return lost }
        let snapshot = try log.snapshots().last { $0.setAside == nil && $0.position > head }
        return snapshot.map { LostEvents(head: head, known: $0.position, witness: "a snapshot in it") }
    }

    /// For the operator: backups come from anywhere, so one that goes on behind a log which is not empty is a hint.
    func hint(behind head: LogPosition) -> String? {
        guard let backup, backup.position > head else { return nil }
        return "the backup \(backup.name) goes on to position \(backup.position), the log ends at \(head): "
            + "`ledgerline verify --against` tells how far they agree"
    }

    private func lost(behind head: LogPosition) -> LostEvents? {
        if views > head { return LostEvents(head: head, known: views, witness: "views.db") }
        guard head == .beforeFirst, let backup, backup.position > head else { return nil }
        return LostEvents(head: head, known: backup.position, witness: "the backup \(backup.name)")
    }

    private static func newestBackup(in folder: String) -> (name: String, position: LogPosition)? {
        let files = try? FileManager.default.contentsOfDirectory(
            at: URL(fileURLWithPath: folder),
            includingPropertiesForKeys: [.contentModificationDateKey],
            options: .skipsHiddenFiles
        )
        let newestFirst = files?.sorted {
            PrivateFiles.modificationTime($0.path) > PrivateFiles.modificationTime($1.path)
        }
        for file in newestFirst ?? [] {
            // What is no ledger, or not a good one, tells nothing.
            guard let log = try? SQLiteEventLog.openReadOnly(file: file.path) else { continue }
            defer { try? log.close() }
            if let head = try? log.head() { return (file.lastPathComponent, head.position) }
        }
        return nil
    }
}
