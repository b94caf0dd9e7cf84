package import EventSourcing
import GRDB

extension SQLiteEventLog {
    /// The blocks that hold `position` and what follows, as they were committed, every hash computed anew on the calling
    /// thread: for what goes through much of the log and must not take all cores, such as the check after a start.
    ///
    /// `byteLimit` is looked at after each row of the file: behind a packed block (1 MiB of lines by default) up to
    /// that much more is returned, because the lines are verified against the hash at the packed block's end.
    package func read(from position: LogPosition, byteLimit: Int) throws -> [CommittedBlock] {
        let found = try search(from: position, upTo: .last, matching: .everything, byteLimit: byteLimit)
        return try found.matches.flatMap { try $0.blocks(from: position) }
    }

    /// The same without the blocks that hold nothing of what is asked for: their bodies are not read. Nothing begins
    /// behind `end`. Somebody waits for the page: where it is large, its rows are hashed on all cores.
    ///
    /// The page may be empty before the log ends: it also ends where it has passed over `Options.skippedMax` rows.
    package func read(
        from position: LogPosition,
        upTo end: LogPosition = .last,
        matching query: BlockQuery,
        byteLimit: Int
    ) throws -> BlockPage {
        let found = try search(from: position, upTo: end, matching: query, byteLimit: byteLimit)
        let blocks = try found.shares.concurrentMap { share in try share.flatMap { try $0.blocks(from: position) } }
        return BlockPage(blocks: blocks.flatMap(\.self), through: found.through, skipped: found.skipped)
    }

    /// What a read needs of the file. Hashing and decompressing come after it, since reading connections are few.
    private func search(
        from position: LogPosition,
        upTo end: LogPosition,
        matching query: BlockQuery,
        byteLimit: Int
    ) throws -> RowSearch.Found {
        let position = max(position, LogPosition.beforeFirst.next)
        return try reading(at: position) { db in
            var search = try RowSearch(from: position, upTo: end, matching: query, db)
            try search.run(byteLimit: byteLimit, skippedMax: options.skippedMax, db)
            return search.found
        }
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

extension RowSearch.Found {
    /// Lines that are worth a thread of their own, in bytes: it takes 50 µs to hash them.
    private static let shareBytesMin = 64 << 10

    /// The matches in shares that follow each other.
    fileprivate var shares: [ArraySlice<RowSearch.Match>] {
        var shares: [ArraySlice<RowSearch.Match>] = []
        var (start, bytes) = (0, 0)
        for (index, match) in matches.enumerated() {
            bytes += match.row.size
            guard bytes >= Self.shareBytesMin || index == matches.count - 1 else { continue }
            shares.append(matches[start...index])
            (start, bytes) = (index + 1, 0)
        }
        return shares
    }
}

extension RowSearch.Match {
    /// The blocks of the row, without those that end before `position`.
    fileprivate func blocks(from position: LogPosition) throws -> ArraySlice<CommittedBlock> {
        try row.unfolded(after: previousHash).drop { $0.block.last < position }
    }
}
