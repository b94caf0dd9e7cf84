package import EventSourcing
import QuotaDomain
package import SQLiteEventLog

/// Makes the older part of a log smaller.
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
                return fold.takeUsage().rows
            }
        }
        return options
    }

    /// Runs to the end, or until `onProgress`, which gets the position that is settled, throws.
    package static func run(
        _ log: SQLiteEventLog,
        _ options: CompactionOptions,
        onProgress: (LogPosition) throws -> Void = { _ in }
    ) throws -> CompactionReport {
        let compactor = try log.compactor(options)
        while try compactor.step() { try onProgress(compactor.report.position) }
        return compactor.report
    }
}
