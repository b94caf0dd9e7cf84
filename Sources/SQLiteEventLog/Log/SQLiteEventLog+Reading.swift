package import EventSourcing
import GRDB

extension SQLiteEventLog {
    /// The blocks that hold `position` and what follows, as they were committed, every hash computed anew.
    ///
    /// `byteLimit` is looked at after each row of the file: behind a packed block (1 MiB of lines by default) up to
    /// that much more is returned, because the lines are verified against the hash at the packed block's end.
    package func read(from position: LogPosition, byteLimit: Int) throws -> [CommittedBlock] {
        try read(from: position, matching: .everything, byteLimit: byteLimit).blocks
    }

    /// The same without the blocks that hold nothing of what is asked for: their bodies are not read. Nothing begins
    /// behind `end`.
    ///
    /// The page may be empty before the log ends: it also ends where it has passed over `Options.skippedMax` rows.
    package func read(
        from position: LogPosition,
        upTo end: LogPosition = .last,
        matching query: BlockQuery,
        byteLimit: Int
    ) throws -> BlockPage {
        let position = max(position, LogPosition.beforeFirst.next)
        let found = try reading(at: position) { db in
            var search = try RowSearch(from: position, upTo: end, matching: query, db)
            try search.run(byteLimit: byteLimit, skippedMax: options.skippedMax, db)
            return search.found
        }
        // Behind the file: unfolding hashes and may decompress, and reading connections are few.
        var page = BlockPage(blocks: [], through: found.through, skipped: found.skipped)
        for match in found.matches {
            page.blocks += try match.row.unfolded(after: match.previousHash).drop { $0.block.last < position }
        }
        return page
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
}
