package import EventSourcing

/// What a compaction does to the older part of a log.
package struct CompactionOptions: Sendable {
    /// The newest events, left in blocks as they were committed.
    package var keepEvents = 100_000
    /// Lines that one packed block holds at most, in bytes before compression; a larger single commit stays one block.
    package var packedBytes = 1 << 20
    /// zlib level, 1 to 9.
    package var level = 6
    /// What to drop; nil drops nothing.
    package var retention: Retention?
    /// Computes the report and writes nothing.
    package var dryRun = false

    package init() {}
}

/// Bodies to drop: those of rows that lie wholly before a position.
package struct Retention: Sendable {
    /// The first position that must stay.
    package var before: LogPosition
    /// The version that the snapshot must have which stands in for the dropped events.
    package var snapshotVersion: Int
    /// Rolls up the usage in blocks that are about to be dropped; its rows are archived in the same transaction.
    package var rollUp: @Sendable ([CommittedBlock]) throws -> [HourlyUsage]

    package init(
        before: LogPosition,
        snapshotVersion: Int,
        rollUp: @escaping @Sendable ([CommittedBlock]) throws -> [HourlyUsage]
    ) {
        self.before = before
        self.snapshotVersion = snapshotVersion
        self.rollUp = rollUp
    }
}

/// What a compaction did, or with `dryRun` would do.
package struct CompactionReport: Hashable, Sendable {
    /// Rows of `blocks`.
    package var blocksBefore: Int
    package var blocksAfter: Int
    /// Stored bytes of bodies and seams.
    package var bytesBefore: Int
    package var bytesAfter: Int
    package var droppedEvents: Int
    /// The last position that is settled; grows with every step.
    package var position: LogPosition
}
