import EventSourcing
import GRDB

/// Answers a question about past usage in one pass over the rows of hours, which come in the order of time: each bucket
/// is finished before the next begins.
///
/// SQL would have to sort all rows by bucket and dimensions first, which takes two to five times as long.
struct HistoryCount {
    private let query: HistoryQuery
    /// The group of each series that was met, by its number; nil when the question is not about it.
    private var groupOfSeries: [Int64: Int?] = [:]
    private var groups: [Group] = []
    /// By the bytes of the dimensions: Strings are also equal when they are only canonically equivalent.
    private var groupOfDimensions: [[[UInt8]]: Int] = [:]
    /// The groups that the bucket has calls of.
    private var present: [Int] = []
    private var rows: [HistoryRow] = []

    /// Calls that are alike in the dimensions asked for.
    private struct Group {
        var dimensions: [String]
        /// In the present bucket.
        var calls = 0
        var uncounted = 0
        var isPresent = false
    }

    init(_ query: HistoryQuery) {
        self.query = query
    }

    mutating func rows(_ db: Database) throws -> [HistoryRow] {
        let cursor = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT hour, series, calls, uncounted FROM hourly WHERE org = ? AND hour >= ? AND hour < ?
                    ORDER BY hour
                    """
            ),
            arguments: [query.org, query.fromHour, query.toHour]
        )
        var bucket: Range<Int64> = 0..<0
        while rows.count < query.limit, let row = try cursor.next() {
            let hour: Int64 = try row.decode(atIndex: 0)
            if !bucket.contains(hour) {
                finish(bucket)
                bucket = self.bucket(of: hour)
            }
            guard let group = try group(ofSeries: row.decode(atIndex: 1), db) else { continue }
            try add(calls: row.decode(atIndex: 2), uncounted: row.decode(atIndex: 3), to: group)
        }
        finish(bucket)
        return Array(rows.prefix(query.limit))
    }

    private func bucket(of hour: Int64) -> Range<Int64> {
        let start = floorDivided(hour, by: query.bucketHours) * query.bucketHours
        return start..<start + query.bucketHours
    }

    private mutating func add(calls: Int, uncounted: Int, to group: Int) throws {
        if !groups[group].isPresent {
            groups[group].isPresent = true
            present.append(group)
        }
        groups[group].calls = try HistoryCount.sum(groups[group].calls, calls)
        groups[group].uncounted = try HistoryCount.sum(groups[group].uncounted, uncounted)
    }

    /// No log holds so many calls that they overflow: only a damaged row does.
    private static func sum(_ left: Int, _ right: Int) throws -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow { throw ViewsError.damaged("an hour has \(right) calls") }
        return sum
    }

    /// Adds the rows of a bucket in the order of their dimensions, byte by byte.
    private mutating func finish(_ bucket: Range<Int64>) {
        present.sort { [groups] in HistoryCount.precedes(groups[$0].dimensions, groups[$1].dimensions) }
        for group in present {
            rows.append(
                HistoryRow(
                    hour: bucket.lowerBound,
                    dimensions: groups[group].dimensions,
                    calls: groups[group].calls,
                    uncounted: groups[group].uncounted
                )
            )
            groups[group] = Group(dimensions: groups[group].dimensions)
        }
        present.removeAll(keepingCapacity: true)
    }

    private static func precedes(_ left: [String], _ right: [String]) -> Bool {
        for (left, right) in zip(left, right) where !left.utf8.elementsEqual(right.utf8) {
            return left.utf8.lexicographicallyPrecedes(right.utf8)
        }
        return false
    }

    private mutating func group(ofSeries series: Int64, _ db: Database) throws -> Int? {
        if let known = groupOfSeries[series] { return known }
        let statement = try db.cachedStatement(
            sql: "SELECT workspace, integration, purpose, verb, resource, status FROM series WHERE id = ?"
        )
        var group: Int?
        if let row = try Row.fetchOne(statement, arguments: [series]), try isAskedFor(row) {
            group = try self.group(of: row)
        }
        groupOfSeries[series] = .some(group)
        return group
    }

    private func isAskedFor(_ series: Row) throws -> Bool {
        guard let workspace = query.workspace else { return true }
        return try workspace == series.decode(forColumn: UsageDimension.workspace.rawValue)
    }

    private mutating func group(of series: Row) throws -> Int {
        let dimensions = try query.groupBy.map { dimension in try dimension.text(of: series) }
        let bytes = dimensions.map { Array($0.utf8) }
        if let known = groupOfDimensions[bytes] { return known }
        groups.append(Group(dimensions: dimensions))
        groupOfDimensions[bytes] = groups.count - 1
        return groups.count - 1
    }
}

extension UsageDimension {
    /// The status 0 stands for none.
    fileprivate func text(of series: Row) throws -> String {
        guard self == .status else { return try series.decode(forColumn: rawValue) }
        let status: Int = try series.decode(forColumn: rawValue)
        return status == 0 ? "" : String(status)
    }
}
