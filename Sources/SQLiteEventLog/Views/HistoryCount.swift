import EventSourcing
import GRDB

/// Answers a question about past usage in one pass over the rows of hours, which come in the order of time: each bucket
/// is finished before the next begins.
///
/// SQL would have to sort all counts by bucket and dimensions first.
struct HistoryCount {
    private let query: HistoryQuery
    private var groups: SeriesGroups
    /// Of the present bucket, by group.
    private var counts: [Count] = []
    /// The groups that the bucket has calls of.
    private var present: [Int] = []
    private var rows: [HistoryRow] = []

    private struct Count {
        var calls = 0
        var uncounted = 0
        var isPresent = false
    }

    /// The rows of the answer. Throws `ViewsError.damaged` when what is stored is not what was written.
    static func rows(_ query: HistoryQuery, _ db: Database) throws -> [HistoryRow] {
        var count = HistoryCount(query, try SeriesGroups(query, db))
        try count.count(db)
        return count.rows
    }

    private init(_ query: HistoryQuery, _ groups: SeriesGroups) {
        (self.query, self.groups) = (query, groups)
    }

    private mutating func count(_ db: Database) throws {
        let statement = try RowStatement(
            "SELECT hour, chunk, counts FROM hourly WHERE org = ? AND hour >= ? AND hour < ? ORDER BY hour",
            db
        )
        statement.bind(query.org, at: 1)
        statement.bind(query.fromHour, at: 2)
        statement.bind(query.toHour, at: 3)
        var bucket: Range<Int64> = 0..<0
        try statement.forEachRow { row in
            let hour = try row.number(at: 0)
            if !bucket.contains(hour) {
                finish(bucket)
                bucket = self.bucket(of: hour)
            }
            let chunk = try Int(row.number(at: 1))
            try row.withBytes(at: 2) { try add($0, ofChunk: chunk) }
            return rows.count < query.limit
        }
        finish(bucket)
    }

    private func bucket(of hour: Int64) -> Range<Int64> {
        let start = floorDivided(hour, by: query.bucketHours) * query.bucketHours
        return start..<start + query.bucketHours
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, ofChunk chunk: Int) throws {
        let groupOfPlace = try groups.groups(ofChunk: chunk)
        while counts.count < groups.count { counts.append(Count()) }
        try SeriesChunk.forEach(in: bytes) { place, calls, uncounted in
            guard place < groupOfPlace.count else {
                throw ViewsError.damaged("there are calls of a series that is missing")
            }
            guard let group = groupOfPlace[place] else { return }
            if !counts[group].isPresent {
                counts[group].isPresent = true
                present.append(group)
            }
            counts[group].calls = try callsSum(counts[group].calls, calls)
            counts[group].uncounted = try callsSum(counts[group].uncounted, uncounted)
        }
    }

    /// Adds the rows of a bucket in the order of their dimensions, as far as the limit allows.
    private mutating func finish(_ bucket: Range<Int64>) {
        groups.sort(&present)
        for group in present.prefix(query.limit - rows.count) {
            rows.append(
                HistoryRow(
                    hour: bucket.lowerBound,
                    dimensions: groups.dimensions(ofGroup: group),
                    calls: counts[group].calls,
                    uncounted: counts[group].uncounted
                )
            )
            counts[group] = Count()
        }
        present.removeAll(keepingCapacity: true)
    }
}
