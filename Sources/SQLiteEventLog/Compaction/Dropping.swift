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
    /// The usage of everything that retention dropped: what a rebuild of the read models begins with.
    package func archive() throws -> Archive {
        try reading(at: .beforeFirst) { db in
            let rows = try Row.fetchAll(db, sql: "SELECT \(HourlyUsage.columns) FROM archive")
            return Archive(
                through: LogPosition(try BlockQueries.firstHeld(db).ordinal - 1),
                rows: try rows.map(HourlyUsage.init(row:))
            )
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

    /// One transaction: the rows go, the summarising row grows, their usage is added to the archive.
    func perform(_ drop: Drop, archiving usage: [HourlyUsage]) throws {
        let summarised = (drop.summary.map { [$0] } ?? []) + drop.rows
        try translatingErrors(at: drop.rows[0].first) {
            try pool.write { db in
                try db.execute(sql: "DELETE FROM blocks WHERE first <= ?", arguments: [drop.last.ordinal])
                guard db.changesCount == summarised.count else {
                    throw EventLogError.storage("the blocks up to position \(drop.last) changed while being dropped")
                }
                try StoredBlock(summarising: summarised).insert(db)
                try usage.forEach { try $0.add(toArchive: db, through: drop.last) }
            }
        }
        try checkpointIfDue(afterWriting: (drop.rows.count + usage.count) * LedgerSchema.pageSize)
    }
}

/// Lines that one step drops, in bytes before compression, and rows.
private let dropStepBytes = 4 << 20
private let dropStepRows = 4_096

extension HourlyUsage {
    fileprivate func add(toArchive db: Database, through position: LogPosition) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO archive(\(HourlyUsage.columns), position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET
                  calls = calls + excluded.calls, uncounted = uncounted + excluded.uncounted,
                  position = excluded.position
                """
        )
        try statement.execute(arguments: arguments + [position.ordinal])
    }
}
