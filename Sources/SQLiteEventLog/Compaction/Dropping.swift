package import EventSourcing
import GRDB

/// Rows whose bodies go in one transaction.
struct Drop {
    var rows: [StoredBlock]
    /// The blocks that the rows hold, for rolling up what happened in them.
    var blocks: [CommittedBlock]
    /// The row that summarises what was dropped before.
    var summary: StoredBlock?

    var last: LogPosition { rows[rows.count - 1].last }
}

/// What retention keeps of dropped events: usage by the hour.
package struct Archive: Sendable {
    /// The last position whose usage is in `rows`; equal to the last dropped position.
    package var through: LogPosition
    package var rows: [HourlyUsage]
}

extension SQLiteEventLog {
    /// The usage of everything that retention dropped: what a rebuild of the read models begins with. Throws `.damaged`
    /// when it is not what was kept.
    package func archive() throws -> Archive {
        try reading(at: .beforeFirst) { db in
            guard let summary = try BlockQueries.firstRow(db), summary.isSummary else {
                return Archive(through: .beforeFirst, rows: [])
            }
            let rows = try translatingErrors(at: summary.last) { try HourlyUsage.archived(db) }
            try ArchiveSeal.check(rows, summary, db)
            return Archive(through: summary.last, rows: rows)
        }
    }

    /// The end of the last held row that lies wholly before `position`; nil when there is none.
    func lastDroppable(before position: LogPosition) throws -> LogPosition? {
        try reading(at: position) { db in
            let firstHeld = try BlockQueries.firstHeld(db)
            let end = try BlockQueries.row(holding: position, db).map { LogPosition($0.first.ordinal - 1) }
            let last = try end ?? BlockQueries.last(db)?.last ?? .beforeFirst
            return position > firstHeld && last >= firstHeld ? last : nil
        }
    }

    /// The next rows to drop, a few megabytes of lines, with what they hold; nil when all up to `end` are dropped.
    func nextDrop(from first: LogPosition, through end: LogPosition) throws -> Drop? {
        guard first <= end else { return nil }
        let drop = try reading(at: first) { db in
            let summary = try BlockQueries.firstRow(db).flatMap { $0.isSummary ? $0 : nil }
            var drop = Drop(rows: [], blocks: [], summary: summary)
            let cursor = try BlockQueries.rows(from: first, db)
            var bytes = 0
            while bytes < dropStepBytes, drop.rows.count < dropStepRows, let row = try cursor.next() {
                let row = try StoredBlock(row: row)
                guard row.last <= end else { break }
                drop.rows.append(row)
                bytes += row.size
            }
            return drop
        }
        return try drop.rows.isEmpty ? nil : unfolded(drop)
    }

    private func unfolded(_ drop: Drop) throws -> Drop {
        var drop = drop
        guard var hash = try hash(after: LogPosition(drop.rows[0].first.ordinal - 1)) else {
            throw EventLogError.missingBlock(at: LogPosition(drop.rows[0].first.ordinal - 1))
        }
        for row in drop.rows {
            drop.blocks += try row.unfolded(after: hash)
            hash = row.hash
        }
        return drop
    }

    /// One transaction: the rows go, the summarising row grows, their usage is added to the archive, and the snapshot at
    /// `base` is what stands in for them from now on.
    func perform(_ drop: Drop, archiving usage: [HourlyUsage], base: LogPosition) throws {
        let summarised = (drop.summary.map { [$0] } ?? []) + drop.rows
        try translatingErrors(at: drop.rows[0].first) {
            try pool.write { db in
                try db.execute(sql: "DELETE FROM blocks WHERE first <= ?", arguments: [drop.last.ordinal])
                guard db.changesCount == summarised.count else {
                    throw EventLogError.storage("the blocks up to position \(drop.last) changed while being dropped")
                }
                var seal = try ArchiveSeal(db) ?? .empty
                let summary = StoredBlock(summarising: summarised)
                try summary.insert(db)
                seal.summarise(summary, base: base)
                for usage in usage {
                    let old = try usage.sameInArchive(db)
                    let sum = usage.added(to: old)
                    try sum.save(inArchive: db, through: drop.last)
                    seal.replace(old, with: sum)
                }
                try seal.save(db)
            }
        }
        try checkpointIfDue(afterWriting: (drop.rows.count + usage.count) * LedgerSchema.pageSize)
    }
}

/// Lines that one step drops, in bytes before compression, and rows.
private let dropStepBytes = 4 << 20
private let dropStepRows = 4_096

extension HourlyUsage {
    /// The row that differs in the numbers of calls at most.
    fileprivate func sameInArchive(_ db: Database) throws -> HourlyUsage? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(HourlyUsage.columns) FROM archive
                WHERE org = ? AND hour = ? AND workspace = ? AND integration = ? AND purpose = ? AND verb = ?
                  AND resource = ? AND status = ?
                """
        )
        let arguments: StatementArguments = [org, hour, workspace, integration, purpose, verb, resource, status]
        return try Row.fetchOne(statement, arguments: arguments).map(HourlyUsage.init(row:))
    }

    fileprivate func added(to old: HourlyUsage?) -> HourlyUsage {
        var sum = self
        // No sum of real calls overflows; one that does is of a damaged row, which its seal tells of.
        sum.calls &+= old?.calls ?? 0
        sum.uncounted &+= old?.uncounted ?? 0
        return sum
    }

    fileprivate func save(inArchive db: Database, through position: LogPosition) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO archive(\(HourlyUsage.columns), position)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: arguments + [position.ordinal])
    }
}
