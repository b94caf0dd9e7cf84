import GRDB

/// views.db keeps what calls are told apart by besides the hour, a series, once and under a number: the rows of hours
/// are narrow, and a question compares numbers where it would compare texts.
extension UsageTotals {
    /// Adds the calls to those of the same hour and series.
    func add(_ db: Database) throws {
        let ids = try SeriesTable(db).ids(of: series)
        let statement = try RowStatement(
            """
            INSERT INTO hourly(org, hour, series, calls, uncounted) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, uncounted = uncounted + excluded.uncounted
            """,
            db
        )
        let orders = orgOrders
        // In the order of the table's key: neighbours go into the same page.
        let order = hours.indices.map { index in
            (org: orders[hours[index].series], hour: hours[index].hour, id: ids[hours[index].series], index: index)
        }
        var boundOrg: Int?
        for row in order.sorted(by: { ($0.org, $0.hour, $0.id) < ($1.org, $1.hour, $1.id) }) {
            let hour = hours[row.index]
            if boundOrg != row.org { statement.bind(series[hour.series].org, at: 1) }
            boundOrg = row.org
            statement.bind(row.hour, at: 2)
            statement.bind(row.id, at: 3)
            statement.bind(hour.calls, at: 4)
            statement.bind(hour.uncounted, at: 5)
            try statement.run()
        }
    }

    /// The place of each series' org among all orgs in the order of their bytes.
    private var orgOrders: [Int] {
        let orgs = Set(series.map { Array($0.org.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
        let places = Dictionary(uniqueKeysWithValues: zip(orgs, orgs.indices))
        return series.map { places[Array($0.org.utf8)] ?? 0 }
    }
}

/// The table of series: finds their numbers, and gives one to each that has none.
private struct SeriesTable {
    private let find: RowStatement
    private let insert: RowStatement

    init(_ db: Database) throws {
        find = try RowStatement(
            """
            SELECT id FROM series
            WHERE org = ? AND workspace = ? AND integration = ? AND purpose = ? AND verb = ? AND resource = ?
              AND status = ?
            """,
            db
        )
        insert = try RowStatement(
            """
            INSERT INTO series(org, workspace, integration, purpose, verb, resource, status)
            VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
            """,
            db
        )
    }

    func ids(of series: [UsageSeries]) throws -> [Int64] {
        try series.map { series in
            find.bind(series)
            if let known = try find.number() { return known }
            insert.bind(series)
            guard let new = try insert.number() else { preconditionFailure("an insertion returns its row") }
            return new
        }
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
