package import EventSourcing
import Foundation
import QuotaDomain
package import SQLiteEventLog

/// Figures of a running service.
package struct ServiceStatistics: Sendable {
    package var orgs: Int
    package var workspaces: Int
    package var idempotencyIDs: Int
    package var idempotencyBytes: Int
    /// Distinct instants in the rolling windows.
    package var windowInstants: Int
    package var windowBytes: Int
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

    /// Packs the older part of the log, and with `retainDays`, at least 2, drops what was recorded before that many
    /// days ago: less would reach into the window. A snapshot is made to stand in for what is dropped. A dry run writes
    /// nothing.
    package func compact(dryRun: Bool, keepEvents: Int, retainDays: Int?) throws -> CompactionReport {
        let end = feed.head.position.ordinal - Int64(keepEvents)
        return try tasks.run("log.compact", unit: "events") { report in
            let first = try retainDays.map(firstRetained)
            let options = Compaction.options(keepEvents: keepEvents, dropBefore: first, dryRun: dryRun)
            return try preparedToDrop(before: dryRun ? nil : first, report) {
                try Compaction.run(log, options) { position in
                    try report(position.ordinal, max(end, position.ordinal))
                }
            }
        }
    }

    private func firstRetained(days: Int) throws -> LogPosition {
        precondition(days >= 2, "retention never reaches into the window")
        return try firstHeldPosition(atOrAfter: configuration.clock.now() - .days(Int64(days)))
    }

    /// Runs `body` once all that rests on the events before a position can do without them; nil is none.
    private func preparedToDrop<Result>(
        before first: LogPosition?,
        _ report: RunningTasks.Report,
        _ body: () throws -> Result
    ) throws -> Result {
        guard let first else { return try body() }
        // Views that are filled from the log must be past what goes, and none may be on its way there.
        return try usageHistory.withoutRebuild(upTo: LogPosition(first.ordinal - 1)) {
            try snapshotter.keepingAll {
                try Recovery.saveBase(of: log, before: first) { try report($0.ordinal, $1.ordinal) }
                return try body()
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

    /// Recomputes chain, positions, counts and times of the whole log. Throws `UnexpectedHistory` when it is sound but
    /// did not have one of the heads that are expected.
    package func verifyLog(expecting expected: [LogHead] = []) throws -> VerificationReport {
        try tasks.run("log.verify", unit: "events") { report in
            try log.verify(expecting: expected, progress: { done, total in try report(Int64(done), Int64(total)) })
        }
    }

    /// Copies the log into the backups folder of the data directory, and verifies the copy. Throws `ServiceError.busy`
    /// while another one is being made.
    package func backup(name: String) throws -> BackupReport {
        try backups.make(name: name)
    }

    package func statistics() throws -> ServiceStatistics {
        let lastSnapshot = snapshotter.lastPosition
        return try ask { state, _ in
            let figures = state.statistics
            return ServiceStatistics(
                orgs: figures.orgs,
                workspaces: figures.workspaces,
                idempotencyIDs: figures.idempotencyIDs,
                idempotencyBytes: figures.idempotencyBytes,
                windowInstants: figures.windowInstants,
                windowBytes: figures.windowBytes,
                lastSnapshot: lastSnapshot
            )
        }
    }
}
