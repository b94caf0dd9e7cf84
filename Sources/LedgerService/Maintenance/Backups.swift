package import EventSourcing
import Foundation
import SQLiteEventLog

/// A backup that was made and verified.
package struct BackupReport: Sendable {
    package var path: String
    package var bytes: Int
    package var head: LogHead
}

/// The backups of a log that is in use: made one at a time, into one folder.
///
/// `@unchecked` because the compiler cannot see that the condition guards what stands below it.
final class Backups: @unchecked Sendable {
    /// How it is listed among the running tasks.
    private static let task = "log.backup"

    private let log: SQLiteEventLog
    private let folder: String
    private let tasks: RunningTasks

    /// Guards what follows, and wakes who waits for the end.
    private let condition = NSCondition()
    /// Of the backup that is being made.
    private var pace: BackgroundPace?
    private var isStopping = false

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
        let pace = try begin()
        defer { end() }
        try PrivateFiles.createDirectory(folder)
        let path = folder + "/" + name
        guard !PrivateFiles.exists(path) else { throw ServiceError.exists(name) }
        let head = try copy(to: path, pace)
        return BackupReport(path: path, bytes: PrivateFiles.size(path), head: head)
    }

    /// Has the one that is being made end after the step it is at; there will be no other.
    func cancel() {
        condition.lock()
        isStopping = true
        pace?.cancel()
        condition.unlock()
    }

    /// Waits until none is being made.
    func finish() {
        condition.lock()
        while pace != nil { condition.wait() }
        condition.unlock()
    }

    private func begin() throws -> BackgroundPace {
        condition.lock()
        defer { condition.unlock() }
        guard !isStopping else { throw ServiceError.stopping }
        guard pace == nil else { throw ServiceError.busy("a backup is being made already") }
        let begun = BackgroundPace()
        pace = begun
        return begun
    }

    private func end() {
        condition.lock()
        pace = nil
        condition.broadcast()
        condition.unlock()
    }

    private func copy(to path: String, _ pace: BackgroundPace) throws -> LogHead {
        try tasks.run(Backups.task, unit: "pages") { report in
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
