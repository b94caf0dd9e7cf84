package import EventSourcing
import GRDB

extension SQLiteEventLog {
    /// The blocks that hold `position` and what follows, as they were committed, every hash computed anew.
    ///
    /// `byteLimit` is looked at after each row of the file: behind a packed block (1 MiB of lines by default) up to
    /// that much more is returned, because the lines are verified against the hash at the packed block's end.
    package func read(from position: LogPosition, byteLimit: Int) throws -> [CommittedBlock] {
        let rows = try storedRows(from: position, byteLimit: byteLimit)
        var blocks: [CommittedBlock] = []
        var hash = rows.previousHash
        for (index, row) in rows.blocks.enumerated() {
            if index > 0 { try row.checkFollows(rows.blocks[index - 1]) }
            blocks += try row.unfolded(after: hash).drop { $0.block.last < position }
            hash = row.hash
        }
        return blocks
    }

    /// The chain hash after `position`, or nil when no original block ends there or it lies past the head. Throws
    /// `.outOfRange` inside what retention dropped; its very end still has its hash.
    package func hash(after position: LogPosition) throws -> String? {
        if position == .beforeFirst { return LogHead.empty.hash }
        let row = try reading(at: position) { try BlockQueries.row(holding: position, $0) }
        guard let row else { return nil }
        if row.last == position { return row.hash }
        // Positions inside the row are ends only when it is a packed block: unfolding it tells.
        return try read(from: position, byteLimit: 1).first.flatMap { $0.block.last == position ? $0.hash : nil }
    }

    /// The first position that `read` can return: 1 until retention dropped something.
    package func firstHeld() throws -> LogPosition {
        try reading(at: .beforeFirst) { try BlockQueries.firstHeld($0) }
    }

    /// Copies rows out of the file; they are unfolded after the reading connection was given back.
    private func storedRows(from position: LogPosition, byteLimit: Int) throws -> StoredRows {
        let position = max(position, LogPosition.beforeFirst.next)
        return try reading(at: position) { db in
            guard let holder = try BlockQueries.row(holding: position, db) else {
                try checkNothingMissing(at: position, db)
                return StoredRows()
            }
            if holder.isSummary { throw EventLogError.outOfRange(firstHeld: holder.last.next) }
            var rows = StoredRows(previousHash: try BlockQueries.hash(before: holder, db))
            let cursor = try BlockQueries.rows(from: holder.first, db)
            var bytes = 0
            while bytes < byteLimit || rows.blocks.isEmpty, let row = try cursor.next() {
                rows.blocks.append(try StoredBlock(row: row))
                bytes += rows.blocks[rows.blocks.count - 1].size
            }
            return rows
        }
    }

    /// No row holds `position`: right past the head, but damage anywhere before it.
    private func checkNothingMissing(at position: LogPosition, _ db: Database) throws {
        guard let last = try BlockQueries.last(db), last.last >= position else { return }
        throw EventLogError.missingBlock(at: position)
    }
}

private struct StoredRows {
    var previousHash = LogHead.empty.hash
    var blocks: [StoredBlock] = []
}
