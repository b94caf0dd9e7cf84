import GRDB

/// As `archive` in ledger.db holds it.
extension HourlyUsage {
    static let columns =
        "org, hour, workspace, integration, purpose, verb, resource, status, calls, uncounted"

    init(row: Row) {
        self.init(
            org: row[0],
            hour: row[1],
            workspace: row[2],
            integration: row[3],
            purpose: row[4],
            verb: row[5],
            resource: row[6],
            status: row[7],
            calls: row[8],
            uncounted: row[9]
        )
    }

    /// In the order of `columns`.
    var arguments: StatementArguments {
        [org, hour, workspace, integration, purpose, verb, resource, status, calls, uncounted]
    }
}
