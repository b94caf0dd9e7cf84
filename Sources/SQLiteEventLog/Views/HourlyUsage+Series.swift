import GRDB

/// views.db keeps what calls are told apart by besides the hour, a series, once and under a number: the rows of hours
/// are narrow, and a question compares numbers where it would compare texts.
extension HourlyUsage {
    /// Adds the calls to those of the same hour and series.
    func add(_ db: Database) throws {
        if try addToKnownSeries(db) { return }
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO series(org, workspace, integration, purpose, verb, resource, status)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        try insert.execute(arguments: [org, workspace, integration, purpose, verb, resource, status])
        _ = try addToKnownSeries(db)
    }

    /// False, and nothing is done, when the series has no number yet.
    private func addToKnownSeries(_ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO hourly(org, hour, series, calls, uncounted)
                SELECT org, ?2, id, ?9, ?10 FROM series
                WHERE org = ?1 AND workspace = ?3 AND integration = ?4 AND purpose = ?5 AND verb = ?6 AND resource = ?7
                  AND status = ?8
                ON CONFLICT DO UPDATE SET
                  calls = calls + excluded.calls, uncounted = uncounted + excluded.uncounted
                """
        )
        try statement.execute(arguments: arguments)
        return db.changesCount > 0
    }
}
