package import EventSourcing

/// What usage can be grouped by besides time.
package enum UsageDimension: String, CaseIterable, Sendable {
    case workspace, integration, purpose, verb, resource, status
}

/// A question about past usage.
package struct HistoryQuery: Sendable {
    package var org: String
    /// Only this workspace's calls; nil for all of the org.
    package var workspace: String?
    /// Whole hours since 1970-01-01T00:00Z, `toHour` not included.
    package var fromHour: Int64
    package var toHour: Int64
    /// Hours of a bucket: 1, or 24 for days in UTC.
    package var bucketHours: Int64
    package var groupBy: [UsageDimension]
    /// Rows returned at most.
    package var limit: Int

    package init(
        org: String,
        workspace: String? = nil,
        fromHour: Int64,
        toHour: Int64,
        bucketHours: Int64 = 1,
        groupBy: [UsageDimension] = [],
        limit: Int = .max
    ) {
        self.org = org
        self.workspace = workspace
        self.fromHour = fromHour
        self.toHour = toHour
        self.bucketHours = bucketHours
        self.groupBy = groupBy
        self.limit = limit
    }
}

/// The calls of one bucket that are alike in the dimensions asked for.
package struct HistoryRow: Hashable, Sendable {
    /// The bucket's first hour since 1970-01-01T00:00Z.
    package var hour: Int64
    /// In the order of `groupBy`; empty where none was named.
    package var dimensions: [String]
    package var calls: Int
    package var uncounted: Int
}

/// A question about what happened besides calls.
package struct FactsQuery: Sendable {
    package var org: String
    /// Only this workspace's events; nil for all of the org.
    package var workspace: String?
    /// Only events whose type begins so.
    package var typePrefix: String
    /// Positions from `from` up to and including `upTo`.
    package var from: LogPosition
    package var upTo: LogPosition
    /// Events returned at most.
    package var limit: Int

    package init(
        org: String,
        workspace: String? = nil,
        typePrefix: String = "",
        from: LogPosition = .beforeFirst,
        upTo: LogPosition,
        limit: Int = .max
    ) {
        self.org = org
        self.workspace = workspace
        self.typePrefix = typePrefix
        self.from = from
        self.upTo = upTo
        self.limit = limit
    }
}
