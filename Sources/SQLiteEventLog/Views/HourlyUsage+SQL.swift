import GRDB

/// As `archive` in ledger.db holds it.
extension HourlyUsage {
    static let columns =
        "org, hour, workspace, integration, purpose, verb, resource, status, calls, uncounted"

    init(row: Row) throws {
        try self.init(
            org: row.decode(atIndex: 0),
            hour: row.decode(atIndex: 1),
            workspace: row.decode(atIndex: 2),
            integration: row.decode(atIndex: 3),
            purpose: row.decode(atIndex: 4),
            verb: row.decode(atIndex: 5),
            resource: row.decode(atIndex: 6),
            status: row.decode(atIndex: 7),
            calls: row.decode(atIndex: 8),
            uncounted: row.decode(atIndex: 9)
        )
    }

    /// All of them.
    static func archived(_ db: Database) throws -> [HourlyUsage] {
        try Row.fetchAll(db, sql: "SELECT \(columns) FROM archive").map(HourlyUsage.init(row:))
    }

    /// In the order of `columns`.
    var arguments: StatementArguments {
        [org, hour, workspace, integration, purpose, verb, resource, status, calls, uncounted]
    }
}
