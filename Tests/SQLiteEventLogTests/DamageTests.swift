import EventSourcing
import SQLiteEventLog
import TestSupport
import Testing

/// Damage is found by verification, and by reading before anything of it is handed out, with its position.
@Suite struct DamageTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>

    /// Blocks at positions 1–3, 4–7, 8–9 and 10.
    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.path))
        try sample.append(blocks: [3, 4, 2, 1])
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sql: String
        var position: Int64
        var reason: String
    }

    static let ofCommittedBlocks = [
        Damage(
            testDescription: "a byte of a body",
            sql: "UPDATE blocks SET body = CAST(replace(CAST(body AS TEXT), 'GET', 'PUT') AS BLOB) WHERE first = 4",
            position: 4,
            reason: "the lines of positions 4 to 7 do not give the stored hash"
        ),
        Damage(
            testDescription: "a hash",
            sql: "UPDATE blocks SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE first = 4",
            position: 4,
            reason: "the lines of positions 4 to 7 do not give the stored hash"
        ),
        Damage(
            testDescription: "a short hash",
            sql: "UPDATE blocks SET hash = 'abc' WHERE first = 4",
            position: 4,
            reason: "the block's row is not valid"
        ),
        Damage(
            testDescription: "a missing row",
            sql: "DELETE FROM blocks WHERE first = 4",
            position: 4,
            reason: "the block that held position 4 is missing"
        ),
        Damage(
            testDescription: "a missing first row",
            sql: "DELETE FROM blocks WHERE first = 1",
            position: 1,
            reason: "the block that held position 1 is missing"
        ),
        Damage(
            testDescription: "a count",
            sql: "UPDATE blocks SET count = 5 WHERE first = 4",
            position: 8,
            reason: "the block overlaps the one before it"
        ),
        Damage(
            testDescription: "a size",
            sql: "UPDATE blocks SET size = size + 1 WHERE first = 4",
            position: 4,
            reason: "the block's body cannot be decompressed"
        ),
        Damage(
            testDescription: "an absurd size",
            sql: "UPDATE blocks SET size = 1 << 60 WHERE first = 4",
            position: 4,
            reason: "the block's row is not valid"
        ),
        Damage(
            testDescription: "a size that zlib cannot reach",
            sql: "UPDATE blocks SET size = 1 << 40 WHERE first = 4",
            position: 4,
            reason: "the block's body cannot be decompressed"
        ),
        Damage(
            testDescription: "a first time",
            sql: "UPDATE blocks SET time_first = time_first - 1 WHERE first = 4",
            position: 4,
            reason: "its time is not the block's first time"
        ),
        Damage(
            testDescription: "a last time",
            sql: "UPDATE blocks SET time_last = time_last + 1 WHERE first = 4",
            position: 7,
            reason: "its time is not the block's last time"
        ),
        Damage(
            testDescription: "a dropped body in the middle",
            sql: "UPDATE blocks SET body = NULL WHERE first = 4",
            position: 4,
            reason: "the block's body is missing"
        ),
    ]

    @Test(arguments: ofCommittedBlocks) func verificationNamesPositionAndReason(_ damage: Damage) throws {
        try sample.log.close()
        try tamper(with: directory.file("ledger.db"), damage.sql)
        let log = try SQLiteEventLog.open(directory: directory.path)
        let expected = EventLogError.damaged(at: LogPosition(damage.position), reason: damage.reason)
        #expect(throws: expected) { try log.verify() }
    }

    static let ofPackedBlocks = [
        Damage(
            testDescription: "the compressed body",
            sql: "UPDATE blocks SET body = substr(body, 1, length(body) - 9)",
            position: 1,
            reason: "the block's body cannot be decompressed"
        ),
        Damage(
            testDescription: "the seams",
            sql: "UPDATE blocks SET seams = x'0003050101'",
            position: 1,
            reason: "the lines of positions 1 to 10 do not give the stored hash"
        ),
        Damage(
            testDescription: "seams that do not add up",
            sql: "UPDATE blocks SET seams = x'000304'",
            position: 1,
            reason: "the packed block's seams are not valid"
        ),
        Damage(
            testDescription: "seams that are none",
            sql: "UPDATE blocks SET seams = x'FF'",
            position: 1,
            reason: "the packed block's seams are not valid"
        ),
        Damage(
            testDescription: "the times",
            sql: "UPDATE blocks SET time_last = time_last + 1",
            position: 1,
            reason: "the packed block's times are not those of its events"
        ),
    ]

    /// The last row is looked at when a ledger is opened already.
    @Test(arguments: ofPackedBlocks) func aDamagedPackedBlockIsFoundWhenOpening(_ damage: Damage) throws {
        try sample.log.compact()
        try sample.log.close()
        try tamper(with: directory.file("ledger.db"), damage.sql)
        let expected = EventLogError.damaged(at: LogPosition(damage.position), reason: damage.reason)
        #expect(throws: expected) { try SQLiteEventLog.open(directory: directory.path) }
    }

    @Test func aWrongCountOfTheLastBlockIsFoundWhenOpening() throws {
        try sample.log.close()
        try tamper(with: directory.file("ledger.db"), "UPDATE blocks SET count = 2 WHERE first = 10")
        let reason = "the block does not hold the 2 lines that it counts"
        #expect(throws: EventLogError.damaged(at: LogPosition(11), reason: reason)) {
            try SQLiteEventLog.open(directory: directory.path)
        }
    }

    @Test func nothingDamagedIsHandedOut() throws {
        try sample.log.close()
        try tamper(with: directory.file("ledger.db"), DamageTests.ofCommittedBlocks[0].sql)
        let log = try SQLiteEventLog.open(directory: directory.path)
        #expect(try log.read(from: LogPosition(1), byteLimit: 0).count == 1)
        #expect(throws: EventLogError.self) { try log.read(from: LogPosition(4), byteLimit: 0) }
        #expect(throws: EventLogError.self) { try log.read(from: LogPosition(1), byteLimit: .max) }
        #expect(try log.read(from: LogPosition(8), byteLimit: 0).count == 1)
    }

    /// A forger who computes every hash anew still has to number the lines and keep their times in order.
    @Test func linesAreHeldAgainstTheirNumbersAndTimes() throws {
        try sample.log.close()
        let otherDirectory = try TemporaryDirectory()
        let log = try SQLiteEventLog.open(directory: otherDirectory.path)
        let lines =
            sampleLine(at: LogPosition(1), time: sample.clock) + "\n"
            + sampleLine(at: LogPosition(3), time: sample.clock) + "\n"
        let block = Block(
            first: LogPosition(1),
            count: 2,
            timeFirst: sample.clock,
            timeLast: sample.clock,
            lines: Array(lines.utf8)
        )
        _ = try log.append(block, expecting: .empty)
        #expect(throws: EventLogError.damaged(at: LogPosition(2), reason: "the line is not that of position 2")) {
            try log.verify()
        }
    }

    @Test func timesThatGoBackAreFound() throws {
        let otherDirectory = try TemporaryDirectory()
        var backwards = try SampleLog(SQLiteEventLog.open(directory: otherDirectory.path))
        try backwards.append(2)
        backwards.clock = backwards.clock - .days(1)
        try backwards.append(2)
        let reason = "its time is before that of its predecessor"
        #expect(throws: EventLogError.damaged(at: LogPosition(3), reason: reason)) { try backwards.log.verify() }
    }

    @Test func verificationTellsItsProgressAndCanBeStopped() throws {
        var told: [[Int]] = []
        let report = try sample.log.verify(progress: { told.append([$0, $1]) })
        #expect(told == [[10, 10]])
        #expect((report.events, report.blocks, report.firstHeld.ordinal) == (10, 4, 1))
        #expect(report.head == sample.head)
        #expect(throws: CancellationError.self) { try sample.log.verify(isCancelled: { true }) }
    }
}
