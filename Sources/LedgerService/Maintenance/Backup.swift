package import EventSourcing
import Foundation
package import SQLiteEventLog

/// A backup that was made and verified.
package struct BackupReport: Sendable {
    package var path: String
    package var bytes: Int
    package var head: LogHead
}

/// Copies of a log.
package enum Backup {
    /// Copies a log, running or not, into a new file and verifies the copy.
    package static func make(
        of log: SQLiteEventLog,
        to path: String,
        onProgress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> BackupReport {
        let report = try log.backup(to: path, progress: onProgress)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        return BackupReport(path: path, bytes: size ?? 0, head: report.head)
    }
}
