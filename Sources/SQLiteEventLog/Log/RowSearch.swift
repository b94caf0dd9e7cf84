import EventSourcing
import GRDB

/// Goes through the rows of `blocks` from a position on and copies out those that a query cannot pass over.
///
/// With a query, rows are first looked at without their bodies; a second look-up fetches the whole of those that may
/// match.
struct RowSearch {
    private let query: BlockQuery
    private let end: LogPosition
    private let cursor: RowCursor?
    private var previousHash = LogHead.empty.hash
    private var previous: StoredBlock?
    private(set) var found: Found

    struct Found {
        var matches: [Match] = []
        var through: LogPosition
        var skipped = 0
    }

    struct Match {
        var row: StoredBlock
        /// The chain hash that the row continues.
        var previousHash: String
    }

    /// Throws `.outOfRange` when the position was dropped by retention.
    init(from position: LogPosition, upTo end: LogPosition, matching query: BlockQuery, _ db: Database) throws {
        (self.query, self.end) = (query, end)
        found = Found(through: LogPosition(position.ordinal - 1))
        guard let holder = try BlockQueries.row(holding: position, db) else {
            try RowSearch.checkNothingMissing(at: position, db)
            cursor = nil
            return
        }
        if holder.isSummary { throw EventLogError.outOfRange(firstHeld: holder.last.next) }
        previousHash = try BlockQueries.hash(before: holder, db)
        cursor = try BlockQueries.rows(
            from: holder.first,
            columns: query == .everything ? StoredBlock.columns : StoredBlock.columnsWithoutBody,
            db
        )
    }

    /// Goes on until it has about `byteLimit` bytes of lines, but at least one row, or passed over `skippedMax` rows.
    mutating func run(byteLimit: Int, skippedMax: Int, _ db: Database) throws {
        var bytes = 0
        while bytes < byteLimit || found.matches.isEmpty, found.skipped < skippedMax,
            let row = try cursor?.next().map(StoredBlock.init(row:)), row.first <= end
        {
            if let previous { try row.checkFollows(previous) }
            if let match = try match(row, db) {
                found.matches.append(Match(row: match, previousHash: previousHash))
                bytes += match.size
            } else {
                found.skipped += 1
            }
            (previous, previousHash, found.through) = (row, row.hash, row.last)
        }
    }

    /// The row with its body; nil when it holds nothing of what is asked for.
    private func match(_ row: StoredBlock, _ db: Database) throws -> StoredBlock? {
        guard query != .everything else { return row }
        return query.mayMatch(row.trustedLabels) ? try BlockQueries.row(beginningAt: row.first, db) : nil
    }

    /// No row holds `position`: right past the head, but damage anywhere before it.
    private static func checkNothingMissing(at position: LogPosition, _ db: Database) throws {
        guard let last = try BlockQueries.last(db), last.last >= position else { return }
        throw EventLogError.missingBlock(at: position)
    }
}
