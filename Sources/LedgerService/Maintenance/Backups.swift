package import EventSourcing
import Foundation
import SQLiteEventLog
import Synchronization

/// A backup that was made and verified.
package struct BackupReport: Sendable {
    package var path: String
    package var bytes: Int
    package var head: LogHead
}

/// The backups of a log that is in use: made one at a time, into one folder.
final class Backups: Sendable {
    /// How it is listed among the running tasks.
    private static let task = "log.backup"

    private let log: SQLiteEventLog
    private let folder: String
    private let tasks: RunningTasks
    private let isBeingMade = Mutex(false)

    /// Removes what a process that was killed has left of an unfinished one.
    init(of log: SQLiteEventLog, in folder: String, tasks: RunningTasks) {
        (self.log, self.folder, self.tasks) = (log, folder, tasks)
        SQLiteEventLog.removePartialBackups(in: folder)
    }

    /// Copies the log into a file of this name, and verifies the copy. Throws `ServiceError`.
    func make(name: String) throws -> BackupReport {
        guard BackupName.isAcceptable(name) else {
            throw ServiceError.invalid(field: "path", message: BackupName.requirement)
        }
        try begin()
        defer { end() }
        try PrivateFiles.createDirectory(folder)
        let path = folder + "/" + name
        guard !PrivateFiles.exists(path) else { throw ServiceError.exists(name) }
        let head = try copy(to: path)
        return BackupReport(path: path, bytes: PrivateFiles.size(path), head: head)
    }

    private func begin() throws {
        try isBeingMade.withLock { isBeingMade in
            if isBeingMade { throw ServiceError.busy("a backup is being made already") }
            isBeingMade = true
        }
    }

    private func end() {
        isBeingMade.withLock { $0 = false }
    }

    private func copy(to path: String) throws -> LogHead {
        let pace = BackgroundPace()
        return try tasks.run(Backups.task, unit: "pages", pace: pace) { report in
            var pagesAtFirst: Int?
            // A log that grows as fast as it is copied at this pace would never be copied to its end.
            var isBehind = false
            return try log.backup(
                to: path,
                progress: { done, total in
                    isBehind = done >= pagesAtFirst ?? total && done < total
                    pagesAtFirst = pagesAtFirst ?? total
                    try report(Int64(done), Int64(total))
                },
                isCancelled: { pace.isCancelledAfterStep(isInHurry: isBehind) }
            ).head
        }
    }
}
