package import EventSourcing
import GRDB

/// What some blocks of the log add to the views; applied as a whole or not at all.
package struct ViewsBatch: Sendable {
    /// Where the views stand after this batch: the end of its last block.
    package var checkpoint: ViewsCheckpoint
    /// Calls to be added to those already counted under the same dimensions.
    package var usage: UsageTotals
    /// Where in the log the calls of each hour are; those of one org and hour in the order of the log.
    package var ranges: [CallRange]
    /// Every event except `api.called`, in the order of the log.
    package var facts: [Fact]

    package init(
        checkpoint: ViewsCheckpoint,
        usage: UsageTotals = UsageTotals(),
        ranges: [CallRange] = [],
        facts: [Fact] = []
    ) {
        self.checkpoint = checkpoint
        self.usage = usage
        self.ranges = ranges
        self.facts = facts
    }
}

/// Positions among which there are calls dated in one hour: exact questions about the past read only these.
package struct CallRange: Hashable, Sendable {
    package var org: String
    /// Whole hours since 1970-01-01T00:00Z.
    package var hour: Int64
    package var first: LogPosition
    package var last: LogPosition

    package init(org: String, hour: Int64, first: LogPosition, last: LogPosition) {
        self.org = org
        self.hour = hour
        self.first = first
        self.last = last
    }
}

/// One event of the log, other than `api.called`, with its line.
package struct Fact: Hashable, Sendable {
    package var position: LogPosition
    package var time: Timestamp
    package var type: String
    package var org: String
    /// Empty when the event has none.
    package var workspace: String
    /// The event's line without its `\n`.
    package var event: String

    package init(
        position: LogPosition,
        time: Timestamp,
        type: String,
        org: String,
        workspace: String,
        event: String
    ) {
        self.position = position
        self.time = time
        self.type = type
        self.org = org
        self.workspace = workspace
        self.event = event
    }
}

extension ViewsBatch {
    func apply(_ db: Database) throws {
        let reached = try ViewsCheckpoint(db)?.position ?? .beforeFirst
        precondition(checkpoint.position > reached, "a batch lies behind the checkpoint: it would be counted twice")
        try usage.add(db)
        try ranges.forEach { try $0.add(db) }
        try facts.forEach { try $0.insert(db) }
        try checkpoint.save(db)
    }
}

extension CallRange {
    /// Positions between two ranges that are not worth a row of their own: a block or a few are read in vain.
    package static let gapMax = 4_096

    fileprivate func add(_ db: Database) throws {
        let extend = try db.cachedStatement(
            sql: """
                UPDATE call_ranges SET last = max(last, ?4)
                WHERE org = ?1 AND hour = ?2 AND last + \(CallRange.gapMax) > ?3
                  AND first = (SELECT max(first) FROM call_ranges WHERE org = ?1 AND hour = ?2)
                """
        )
        try extend.execute(arguments: arguments)
        if db.changesCount > 0 { return }
        let insert = try db.cachedStatement(
            sql: "INSERT INTO call_ranges(org, hour, first, last) VALUES (?1, ?2, ?3, ?4)"
        )
        try insert.execute(arguments: arguments)
    }

    private var arguments: StatementArguments { [org, hour, first.ordinal, last.ordinal] }
}

extension Fact {
    fileprivate func insert(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO facts(position, time, type, org, workspace, event) VALUES (?, ?, ?, ?, ?, ?)"
        )
        try statement.execute(
            arguments: [position.ordinal, time.milliseconds, type, org, workspace, event])
    }

    init(row: Row) throws {
        try self.init(
            position: LogPosition(row.decode(atIndex: 0)),
            time: Timestamp(milliseconds: row.decode(atIndex: 1)),
            type: row.decode(atIndex: 2),
            org: row.decode(atIndex: 3),
            workspace: row.decode(atIndex: 4),
            event: row.decode(atIndex: 5)
        )
    }
}
