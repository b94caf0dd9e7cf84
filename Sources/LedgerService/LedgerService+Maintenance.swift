package import EventSourcing
import Foundation
import QuotaDomain
package import SQLiteEventLog

/// A backup that was made and verified.
package struct BackupReport: Sendable {
    package var path: String
    package var bytes: Int
    package var head: LogHead
}

/// Figures of a running service.
package struct ServiceStatistics: Sendable {
    package var orgs: Int
    package var workspaces: Int
    package var idempotencyIDs: Int
    package var idempotencyBytes: Int
    /// Distinct instants in the rolling windows.
    package var windowInstants: Int
    package var lastSnapshot: LogPosition
}

/// Looking after the files. Each blocks its thread.
extension LedgerService {
    package func takeSnapshot() throws -> SnapshotReport {
        try snapshotter.save(try capturedState())
    }

    package func logStatistics() throws -> LogStatistics {
        try log.statistics()
    }

    package func snapshots() throws -> [SnapshotInfo] {
        try log.snapshots()
    }

    /// Packs the older part of the log, and with `retainDays`, at least 2, drops what was recorded before that many days ago:
    /// less would reach into the window. A snapshot is made to stand in for what is dropped, for a dry run too.
    package func compact(dryRun: Bool, keepEvents: Int, retainDays: Int?) throws -> CompactionReport {
        guard let retainDays else {
            return try Compaction.run(
                log, Compaction.options(keepEvents: keepEvents, dropBefore: nil, dryRun: dryRun))
        }
        precondition(retainDays >= 2, "retention never reaches into the window")
        let before = try firstHeldPosition(atOrAfter: configuration.clock.now() - .days(Int64(retainDays)))
        let options = Compaction.options(keepEvents: keepEvents, dropBefore: before, dryRun: dryRun)
        // Views that are filled from the log must be past what goes, and none may be on its way there.
        return try usageHistory.withoutRebuild(upTo: LogPosition(before.ordinal - 1)) {
            try snapshotter.keepingAll {
                try Recovery.saveBase(of: log, before: before)
                let end = feed.head.position.ordinal - Int64(keepEvents)
        return try tasks.run("log.compact", unit: "events") { report in
            try Compaction.run(log, options) { position in report(position.ordinal, max(end, position.ordinal)) }
        }
            }
        }
    }

    private func firstHeldPosition(atOrAfter instant: Timestamp) throws -> LogPosition {
        do {
            return try firstPosition(atOrAfter: instant)
        } catch EventLogError.outOfRange(let firstHeld) {
            return firstHeld
        }
    }

    /// Recomputes chain, positions, counts and times of the whole log.
    package func verifyLog() throws -> VerificationReport {
        try tasks.run("log.verify", unit: "events") { report in
            try log.verify(progress: { done, total in report(Int64(done), Int64(total)) })
        }
    }

    /// Copies the log into the backups folder of the data directory, and verifies the copy.
    package func backup(name: String) throws -> BackupReport {
        guard BackupName.isAcceptable(name) else {
            throw ServiceError.invalid(
                field: "path", message: "must be a file name of letters, digits, '.', '_' and '-', not beginning with '.'")
        }
        let folder = configuration.directory + "/" + BackupName.folder
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let path = folder + "/" + name
        guard !FileManager.default.fileExists(atPath: path) else { throw ServiceError.exists(name) }
        return try tasks.run("log.backup", unit: "pages") { report in
            try Backup.make(of: log, to: path) { done, total in report(Int64(done), Int64(total)) }
        }
    }

    package func statistics() throws -> ServiceStatistics {
        let lastSnapshot = snapshotter.lastPosition
        return try ask { state, _ in
            let figures = state.statistics
            return ServiceStatistics(
                orgs: figures.orgs, workspaces: figures.workspaces, idempotencyIDs: figures.idempotencyIDs,
                idempotencyBytes: figures.idempotencyBytes, windowInstants: figures.windowInstants,
                lastSnapshot: lastSnapshot
            )
        }
    }
}

/// Names of backups given over the wire stay inside one folder.
enum BackupName {
    static let folder = "backups"
    /// In bytes.
    static let lengthMax = 128

    static func isAcceptable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= lengthMax && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

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

package enum Compaction {
    /// `dropBefore` is the first position to stay; calls of dropped blocks stay as hourly roll-ups.
    package static func options(keepEvents: Int, dropBefore: LogPosition?, dryRun: Bool) -> CompactionOptions {
        var options = CompactionOptions()
        options.keepEvents = keepEvents
        options.dryRun = dryRun
        options.retention = dropBefore.map { position in
            Retention(before: position, snapshotVersion: QuotaState.encodingVersion) { blocks in
                var fold = UsageFold()
                for block in blocks { try fold.fold(block.block, after: .beforeFirst) }
                return fold.takeUsage()
            }
        }
        return options
    }

    /// Runs to the end. `onProgress` gets the position that is settled.
    package static func run(
        _ log: SQLiteEventLog, _ options: CompactionOptions, onProgress: (LogPosition) -> Void = { _ in }
    ) throws -> CompactionReport {
        let compactor = try log.compactor(options)
        while try compactor.step() { onProgress(compactor.report.position) }
        return compactor.report
    }
}
