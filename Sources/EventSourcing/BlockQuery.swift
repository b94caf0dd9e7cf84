/// Which blocks a reader has to look into: those that may hold, for each group, an event with one of its labels.
public struct BlockQuery: Hashable, Sendable {
    /// Each names the ways to meet one condition.
    public var groups: [[BlockLabel]]

    /// Made of its groups.
    public init(_ groups: [[BlockLabel]] = []) {
        self.groups = groups
    }

    /// Every block.
    public static let everything = BlockQuery()

    /// False when no event of the block can be one that is asked for. The conditions may still be met by different
    /// events, or by none: the lines tell.
    public func mayMatch(_ labels: BlockLabels) -> Bool {
        groups.allSatisfy { group in group.contains { labels.mayContain($0) } }
    }
}

/// A stretch of a log as a query sees it.
public struct BlockPage: Sendable {
    /// The blocks that have to be looked into, in order; others may lie before, between and behind them.
    public var blocks: [CommittedBlock]
    /// How far the log was searched: what is asked for and stands up to here is in `blocks`. Before the position that
    /// was to be read when the log ends there.
    public var through: LogPosition
    /// Rows that were passed over.
    public var skipped: Int

    /// Made of its parts.
    public init(blocks: [CommittedBlock], through: LogPosition, skipped: Int) {
        self.blocks = blocks
        self.through = through
        self.skipped = skipped
    }
}
