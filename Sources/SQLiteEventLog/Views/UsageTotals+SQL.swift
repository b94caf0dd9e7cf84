import GRDB

/// views.db keeps what calls are told apart by besides the hour, a series, once and under a number of its org: the counts
/// of hours are narrow, and a question compares numbers where it would compare texts.
extension UsageTotals {
    /// Adds the calls to those of the same hour and series.
    func add(_ db: Database) throws {
        let table = try HourlyTable(db)
        var rest = try inChunks(numbers: SeriesTable(db).numbers(of: series))[...]
        while let first = rest.first {
            let run = rest.prefix { $0.key == first.key }
            rest = rest.dropFirst(run.count)
            let org = series[hours[first.index].series].org
            try table.update(org: org, hour: first.key.hour, chunk: first.key.chunk) { chunk in
                for count in run {
                    let hour = hours[count.index]
                    try chunk.add(calls: Int(hour.calls), uncounted: Int(hour.uncounted), at: count.place)
                }
            }
        }
    }

    /// A row of `hourly`, in the order of the table's key: neighbours go into the same page.
    private struct ChunkKey: Comparable {
        /// The org's place among all orgs.
        var org: Int
        var hour: Int64
        var chunk: Int

        static func < (left: ChunkKey, right: ChunkKey) -> Bool {
            (left.org, left.hour, left.chunk) < (right.org, right.hour, right.chunk)
        }
    }

    /// Where each element of `hours`, by its index, is added; what goes into one chunk stands together.
    private func inChunks(numbers: [Int]) -> [(key: ChunkKey, place: Int, index: Int)] {
        let orgs = orgOrders
        return hours.indices.map { index in
            let (series, hour) = (hours[index].series, hours[index].hour)
            let chunk = SeriesChunk.chunk(ofSeries: numbers[series])
            let place = SeriesChunk.place(ofSeries: numbers[series])
            return (ChunkKey(org: orgs[series], hour: hour, chunk: chunk), place, index)
        }
        .sorted { $0.key < $1.key }
    }

    /// The place of each series' org among all orgs in the order of their bytes.
    private var orgOrders: [Int] {
        let orgs = Set(series.map { Array($0.org.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
        let places = Dictionary(uniqueKeysWithValues: zip(orgs, orgs.indices))
        return series.map { places[Array($0.org.utf8)] ?? 0 }
    }
}

/// The table of series: finds their numbers, and gives each that has none the next one of its org, from 0 on.
private struct SeriesTable {
    private let find: RowStatement
    private let findLast: RowStatement
    private let insert: RowStatement

    init(_ db: Database) throws {
        find = try RowStatement(
            """
            SELECT number FROM series
            WHERE org = ? AND workspace = ? AND integration = ? AND purpose = ? AND verb = ? AND resource = ?
              AND status = ?
            """,
            db
        )
        findLast = try RowStatement("SELECT number FROM series WHERE org = ? ORDER BY number DESC LIMIT 1", db)
        insert = try RowStatement(
            """
            INSERT INTO series(org, workspace, integration, purpose, verb, resource, status, number)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            db
        )
    }

    func numbers(of series: [UsageSeries]) throws -> [Int] {
        try series.map { series in
            find.bind(series)
            if let known = try number(by: find) { return known }
            findLast.bind(series.org, at: 1)
            let new = try number(by: findLast).map { $0 + 1 } ?? 0
            insert.bind(series)
            insert.bind(Int64(new), at: 8)
            try insert.run()
            return new
        }
    }

    private func number(by statement: RowStatement) throws -> Int? {
        guard let number = try statement.number() else { return nil }
        guard let valid = Int32(exactly: number), valid >= 0 else {
            throw ViewsError.damaged("a series has the number \(number)")
        }
        return Int(valid)
    }
}

extension RowStatement {
    fileprivate func bind(_ series: UsageSeries) {
        bind(series.org, at: 1)
        bind(series.workspace, at: 2)
        bind(series.integration, at: 3)
        bind(series.purpose, at: 4)
        bind(series.verb, at: 5)
        bind(series.resource, at: 6)
        bind(Int64(series.status), at: 7)
    }
}

/// The table of hours.
private struct HourlyTable {
    private let find: RowStatement
    private let replace: RowStatement

    init(_ db: Database) throws {
        find = try RowStatement("SELECT counts FROM hourly WHERE org = ? AND hour = ? AND chunk = ?", db)
        replace = try RowStatement("INSERT OR REPLACE INTO hourly(org, hour, chunk, counts) VALUES (?, ?, ?, ?)", db)
    }

    /// Changes a row; one that is not there has no calls.
    func update(org: String, hour: Int64, chunk number: Int, _ change: (inout SeriesChunk) throws -> Void) throws {
        for statement in [find, replace] {
            statement.bind(org, at: 1)
            statement.bind(hour, at: 2)
            statement.bind(Int64(number), at: 3)
        }
        var chunk = SeriesChunk()
        try find.forEachRow { row in
            try row.withBytes(at: 0) { try chunk.add($0) }
            return true
        }
        try change(&chunk)
        replace.bind(chunk.encoded, at: 4)
        try replace.run()
    }
}
