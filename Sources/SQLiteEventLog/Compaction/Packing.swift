import EventSourcing
import Foundation
import GRDB

/// Which rows become one packed block: neighbours, as many as fit, behind `next` and up to `through`.
struct PackingPlan {
    var next: LogPosition
    let through: LogPosition
    let packedBytes: Int

    /// The next rows that packing would make fewer or shorter; nil when there are none left.
    mutating func nextRun(_ db: Database) throws -> PackingRun? {
        let rows = try BlockQueries.rows(
            from: next,
            columns: "first, count, size, length(body) + coalesce(length(seams), 0)",
            db
        )
        var run: PackingRun?
        while let row = try rows.next() {
            let row = try PackingRun(row: row)
            guard row.last <= through else { break }
            if let begun = run, isSettled(row) || begun.size + row.size > packedBytes || begun.rows == rowsMax {
                if begun.isWorthPacking { break }
                run = nil
            }
            next = row.last.next
            if !isSettled(row) { run = run.map { $0.extended(by: row) } ?? row }
        }
        return run.flatMap { $0.isWorthPacking ? $0 : nil }
    }

    /// Compressed and at least half full: compacting again and again must not rewrite it each time.
    private func isSettled(_ row: PackingRun) -> Bool {
        row.storedBytes < row.size && row.size >= packedBytes / 2
    }

    /// Rows that one transaction deletes at most: short commits have little data and yet a row each.
    private var rowsMax: Int { 4_096 }
}

/// Rows that follow each other.
struct PackingRun {
    var first: LogPosition
    var last: LogPosition
    var rows: Int
    /// Bytes of the lines before compression.
    var size: Int
    /// Bytes of bodies and seams.
    var storedBytes: Int

    init(row: Row) throws {
        guard let first: Int64 = row.valid(at: 0), let count: Int64 = row.valid(at: 1),
            let size: Int64 = row.valid(at: 2),
            let stored: Int64 = row.valid(at: 3), StoredBlock.isPlausible(first: first, count: count, size: size)
        else {
            throw EventLogError.damaged(at: LogPosition(row.valid(at: 0) ?? 0), reason: "the block's row is not valid")
        }
        (self.first, rows) = (LogPosition(first), 1)
        last = LogPosition(first + count - 1)
        (self.size, storedBytes) = (Int(size), Int(stored))
    }

    func extended(by row: PackingRun) -> PackingRun {
        var run = self
        run.last = row.last
        run.rows += row.rows
        run.size += row.size
        run.storedBytes += row.storedBytes
        return run
    }

    /// Several rows, or one that was not compressed yet.
    var isWorthPacking: Bool { rows > 1 || storedBytes >= size }

    /// A single row that does not compress stays as it is.
    func isWorthReplacing(with packed: StoredBlock) -> Bool { rows > 1 || packed.storedBytes < storedBytes }
}

extension StoredBlock {
    /// Bytes of the body and the seams.
    var storedBytes: Int { (body?.count ?? 0) + (seams?.count ?? 0) }

    func insert(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO blocks(\(StoredBlock.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        try (seams ?? []).withDataView { seamsView in
            try (body ?? []).withDataView { bodyView in
                try statement.execute(arguments: [
                    first.ordinal, count, timeFirst.milliseconds, timeLast.milliseconds, size, hash,
                    seams == nil ? nil : seamsView, labels.map { Data($0) }, body == nil ? nil : bodyView,
                ])
            }
        }
    }
}

extension SQLiteEventLog {
    /// The run as one block, read back from its stored form and found equal to what was committed.
    func packed(_ run: PackingRun, level: Int) throws -> StoredBlock {
        let blocks = try read(from: run.first, byteLimit: run.size)
        guard let end = blocks.last, end.block.last == run.last,
            let previousHash = try hash(after: LogPosition(run.first.ordinal - 1))
        else {
            throw EventLogError.damaged(at: run.first, reason: "the blocks up to \(run.last) cannot be read")
        }
        let packed = StoredBlock(packing: blocks, level: level)
        let unpacked = try packed.unfolded(after: previousHash)
        guard unpacked.map(\.hash) == blocks.map(\.hash), unpacked.map(\.block.first) == blocks.map(\.block.first)
        else {
            throw EventLogError.damaged(at: run.first, reason: "packing does not give the same blocks back")
        }
        return packed
    }

    /// One transaction: the rows of the run go, the packed block comes.
    func replace(_ run: PackingRun, with packed: StoredBlock) throws {
        try translatingErrors(at: run.first) {
            try pool.write { db in
                try db.execute(
                    sql: "DELETE FROM blocks WHERE first BETWEEN ? AND ?",
                    arguments: [run.first.ordinal, run.last.ordinal]
                )
                guard db.changesCount == run.rows else {
                    throw EventLogError.storage("the blocks from position \(run.first) changed while they were packed")
                }
                try packed.insert(db)
            }
        }
        try checkpointIfDue(afterWriting: packed.storedBytes + run.rows * LedgerSchema.pageSize)
    }
}
