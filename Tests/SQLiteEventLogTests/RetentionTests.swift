import EventSourcing
import GRDB
import SQLiteEventLog
import TestSupport
import Testing

/// Dropping old bodies keeps counts, hashes and the usage by the hour.
@Suite struct RetentionTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>

    /// Blocks of 3, the last ending at 60.
    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.path))
        try sample.append(blocks: Array(repeating: 3, count: 20))
    }

    private func saveSnapshot(at block: Int, version: Int = 1) throws {
        let committed = sample.committed[block]
        let body = Array("state after \(committed.block.last)".utf8)
        try sample.log.save(
            Snapshot(
                position: committed.block.last,
                time: committed.block.timeLast,
                chainHash: committed.hash,
                version: version,
                stateHash: ChainHash.digest(of: body),
                body: body
            )
        )
    }

    /// One row an hour: what the blocks' events are counted in.
    @Sendable private static func rollUp(_ blocks: [CommittedBlock]) -> [HourlyUsage] {
        [
            HourlyUsage(
                org: "acme",
                hour: blocks[0].block.timeFirst.milliseconds / 3_600_000,
                workspace: "",
                integration: "",
                purpose: "inbox",
                verb: "",
                resource: "",
                status: 0,
                calls: blocks.reduce(0) { $0 + $1.block.count },
                uncounted: 0
            )
        ]
    }

    private func drop(before position: Int64, dryRun: Bool = false) throws -> CompactionReport {
        try sample.log.compact {
            $0.keepEvents = 1_000
            $0.dryRun = dryRun
            $0.retention = Retention(
                before: LogPosition(position),
                snapshotVersion: 1,
                rollUp: RetentionTests.rollUp
            )
        }
    }

    @Test func droppedPositionsAreOutOfRangeAndTheRestVerifies() throws {
        try saveSnapshot(at: 9)
        let report = try drop(before: 29)
        #expect(report.droppedEvents == 27)
        #expect((report.blocksBefore, report.blocksAfter) == (20, 12))
        let log = sample.log
        #expect(try log.firstHeld() == LogPosition(28))
        for position in [0, 1, 27] as [Int64] {
            #expect(throws: EventLogError.outOfRange(firstHeld: LogPosition(28))) {
                try log.read(from: LogPosition(position), byteLimit: 1)
            }
        }
        #expect(try log.everything(from: LogPosition(28)) == sample.committed[9...].map(Seen.init))
        let verified = try log.verify()
        #expect((verified.events, verified.blocks, verified.firstHeld) == (33, 11, LogPosition(28)))
        #expect(verified.head == sample.head)
        #expect(try log.head() == sample.head)
    }

    @Test func theLogGoesOnAfterReopening() throws {
        try saveSnapshot(at: 19)
        _ = try drop(before: 1_000)
        try sample.log.close()
        let log = try SQLiteEventLog.open(directory: directory.path)
        #expect(try log.head() == sample.head)
        #expect(try log.firstHeld() == LogPosition(61))
        #expect(try log.read(from: LogPosition(61), byteLimit: 1).isEmpty)
        var continued = try SampleLog(log)
        continued.clock = sample.clock
        try continued.append(2)
        #expect(try log.verify().events == 2)
        #expect(try log.statistics().events == 62)
    }

    @Test func theUsageOfDroppedEventsIsArchivedOnce() throws {
        try saveSnapshot(at: 19)
        #expect(try sample.log.archive().rows.isEmpty)
        _ = try drop(before: 10)
        _ = try drop(before: 31)
        let archive = try sample.log.archive()
        #expect(archive.through == LogPosition(30))
        #expect(archive.rows.map(\.calls) == [30])
    }

    @Test(
        arguments: [
            "UPDATE archive SET calls = calls + 1", "DELETE FROM archive", "UPDATE archive_seal SET usage = '0 0'",
            "DELETE FROM archive_seal", "UPDATE blocks SET time_last = time_last + 1 WHERE first = 1",
            "UPDATE archive_seal SET base = base + 3",
        ]
    )
    func whatWasKeptIsSealed(_ damage: String) throws {
        try saveSnapshot(at: 19)
        _ = try drop(before: 31)
        #expect(try sample.log.verify().firstHeld == LogPosition(31))
        try sample.log.close()
        try tamper(with: directory.file("ledger.db"), damage)
        let log = try SQLiteEventLog.open(directory: directory.path)
        let reason = "what was kept of the events dropped up to there does not check out"
        let position: Int64 = 30
        #expect(throws: EventLogError.damaged(at: LogPosition(position), reason: reason)) { try log.archive() }
        #expect(throws: EventLogError.damaged(at: LogPosition(position), reason: reason)) { try log.verify() }
        try log.close()
    }

    /// The newer snapshot is sound, and yet does not know what led to the events that are held before it.
    @Test(
        arguments: [
            "DELETE FROM snapshots WHERE position = 36", "UPDATE snapshots SET set_aside = '' WHERE position = 36",
            "UPDATE snapshots SET position = 39 WHERE position = 36",
            "UPDATE snapshots SET size = size + 1 WHERE position = 36",
            "UPDATE snapshot_parts SET body = zeroblob(length(body)) WHERE snapshot = 1",
        ]
    )
    func theBaseIsVerified(_ damage: String) throws {
        try saveSnapshot(at: 11)
        try saveSnapshot(at: 19)
        _ = try drop(before: 31)
        #expect(try sample.log.basePosition() == LogPosition(36))
        #expect(try sample.log.verify().firstHeld == LogPosition(31))
        try sample.log.close()
        try tamper(with: directory.file("ledger.db"), damage)
        let log = try SQLiteEventLog.open(directory: directory.path)
        defer { try? log.close() }
        let error = try #require(throws: EventLogError.self) { try log.verify() }
        guard case .damaged(LogPosition(36), let reason) = error else { throw error }
        #expect(reason.hasPrefix("the snapshot that stands in for dropped events does not check out: "))
    }

    /// Takes a file whose first ten blocks were dropped back to schema version 2, without a seal, or 3, whose seal does not
    /// name the base.
    private func makeOlder(version: Int) throws {
        let file = directory.file("ledger.db")
        guard version == 3 else { return try tamper(with: file, "DROP TABLE archive_seal; PRAGMA user_version = 2") }
        let last = sample.committed[9]
        let first = sample.committed[0].block
        let size = sample.committed[...9].map(\.block.lines.count).reduce(0, +)
        let figures = [1, 30, first.timeFirst.milliseconds, last.block.timeLast.milliseconds, Int64(size)]
        let text = figures.map(String.init).joined(separator: " ") + " " + last.hash
        try tamper(
            with: file,
            """
            CREATE TEMP TABLE kept AS SELECT usage FROM archive_seal;
            DROP TABLE archive_seal;
            CREATE TABLE archive_seal(id INTEGER PRIMARY KEY, usage TEXT, dropped TEXT);
            INSERT INTO archive_seal SELECT 1, usage, ? FROM kept;
            PRAGMA user_version = 3
            """,
            [ChainHash.digest(of: Array(text.utf8))]
        )
    }

    /// A file of an older version gets a seal when it is opened for writing, and does without one when it is read.
    @Test(arguments: [2, 3]) func anOlderFileIsSealed(version: Int) throws {
        try saveSnapshot(at: 19)
        _ = try drop(before: 31)
        try sample.log.close()
        try makeOlder(version: version)
        let reader = try SQLiteEventLog.openReadOnly(file: directory.file("ledger.db"))
        #expect(try reader.archive().rows.map(\.calls) == [30])
        #expect(try reader.basePosition() == LogPosition(60))
        try reader.close()
        let log = try SQLiteEventLog.open(directory: directory.path)
        #expect(try log.archive().rows.map(\.calls) == [30])
        #expect(try log.basePosition() == LogPosition(60))
        try log.close()
        try tamper(with: directory.file("ledger.db"), "UPDATE archive SET uncounted = 1")
        #expect(throws: EventLogError.self) {
            try SQLiteEventLog.openReadOnly(file: directory.file("ledger.db")).archive()
        }
    }

    /// Its seal tells, as far as it goes: otherwise the new one would vouch for the damage.
    @Test(arguments: ["UPDATE archive SET calls = 31", "UPDATE blocks SET time_first = time_first - 1 WHERE first = 1"])
    func anOlderFileIsNotSealedAsItIs(_ damage: String) throws {
        try saveSnapshot(at: 19)
        _ = try drop(before: 31)
        try sample.log.close()
        try makeOlder(version: 3)
        try tamper(with: directory.file("ledger.db"), damage)
        let error = try #require(throws: EventLogError.self) { try SQLiteEventLog.open(directory: directory.path) }
        guard case .damaged(LogPosition(30), _) = error else { throw error }
    }

    @Test func hashesAndTimesOfTheDroppedPart() throws {
        try saveSnapshot(at: 9)
        _ = try drop(before: 31)
        let log = sample.log
        #expect(try log.hash(after: LogPosition(30)) == sample.committed[9].hash)
        #expect(throws: EventLogError.outOfRange(firstHeld: LogPosition(31))) { try log.hash(after: LogPosition(27)) }
        #expect(throws: EventLogError.outOfRange(firstHeld: LogPosition(31))) { try log.time(of: LogPosition(3)) }
        let dropped = sample.committed[3].block.timeLast
        #expect(throws: EventLogError.outOfRange(firstHeld: LogPosition(31))) {
            try log.position(atOrBefore: dropped)
        }
        #expect(try log.position(atOrBefore: sample.committed[9].block.timeLast) == LogPosition(30))
        #expect(try log.position(atOrBefore: sample.committed[10].block.timeFirst) == LogPosition(31))
    }

    @Test func withoutASnapshotNothingIsDropped() throws {
        try saveSnapshot(at: 5)
        try saveSnapshot(at: 19, version: 2)
        let reason = "the events up to position 30 can only be dropped once there is a good snapshot at or after it"
        #expect(throws: EventLogError.storage(reason)) { try drop(before: 31) }
        #expect(try sample.log.firstHeld() == LogPosition(1))
        _ = try sample.log.compactor()
    }

    @Test func aDryRunDropsNothing() throws {
        try saveSnapshot(at: 19)
        let foretold = try drop(before: 31, dryRun: true)
        #expect(try sample.log.firstHeld() == LogPosition(1))
        #expect(try drop(before: 31) == foretold)
    }

    @Test func pruningKeepsTheBaseOfWhatIsLeft() throws {
        for block in [4, 9, 12, 14, 16, 18, 19] { try saveSnapshot(at: block) }
        _ = try drop(before: 31)
        try sample.log.pruneSnapshots(keeping: 2)
        #expect(try sample.log.snapshots().map(\.position.ordinal) == [30, 57, 60])
        _ = try drop(before: 40)
        #expect(try sample.log.basePosition() == LogPosition(57))
        for block in [13, 15] { try saveSnapshot(at: block) }
        try sample.log.pruneSnapshots(keeping: 1)
        #expect(try sample.log.snapshots().map(\.position.ordinal) == [57, 60])
    }

    @Test func packedBlocksAreDroppedAsAWhole() throws {
        try sample.log.compact {
            $0.keepEvents = 30
            $0.packedBytes = sample.lines.count / 6
        }
        try saveSnapshot(at: 19)
        let report = try drop(before: 20)
        let firstHeld = try sample.log.firstHeld().ordinal
        #expect(report.droppedEvents == Int(firstHeld - 1))
        #expect(firstHeld > 1 && firstHeld <= 20 && firstHeld % 3 == 1)
        #expect(try sample.log.verify().head == sample.head)
    }
}
