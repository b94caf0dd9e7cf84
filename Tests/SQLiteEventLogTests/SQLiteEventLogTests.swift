import EventSourcing
import Foundation
import GRDB
import TestSupport
import Testing

@testable import SQLiteEventLog

@Suite struct SQLiteEventLogTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open() throws -> SQLiteEventLog { try SQLiteEventLog.open(directory: directory.path) }

    // MARK: Opening

    @Test func whatWasAppendedIsThereAfterReopening() throws {
        var sample = try SampleLog(open())
        try sample.append(blocks: [3, 1, 7])
        try sample.log.close()
        let log = try open()
        #expect(try log.head() == sample.head)
        #expect(try log.everything() == sample.committed.map(Seen.init))
        var continued = try SampleLog(log)
        continued.clock = sample.clock
        try continued.append(2)
        #expect(try log.verify().head == continued.head)
    }

    @Test func whatWasAppendedIsThereWithoutClosing() throws {
        let copy = try TemporaryDirectory()
        var sample = try SampleLog(open())
        try sample.append(blocks: [3, 1])
        for name in ["ledger.db", "ledger.db-wal"] {
            try FileManager.default.copyItem(atPath: directory.file(name), toPath: copy.file(name))
        }
        #expect(try SQLiteEventLog.open(directory: copy.path).head() == sample.head)
    }

    @Test func filesBelongToTheirOwnerAlone() throws {
        let nested = try TemporaryDirectory()
        let log = try SQLiteEventLog.open(directory: nested.file("a/b"))
        var sample = try SampleLog(log)
        try sample.append(1)
        #expect(try nested.permissions(of: "a/b") == 0o700)
        for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.lock"] {
            #expect(try nested.permissions(of: "a/b/\(name)") == 0o600, "\(name)")
        }
    }

    @Test func closingLeavesOneDatabaseFile() throws {
        var sample = try SampleLog(open())
        try sample.append(1)
        try sample.log.close()
        #expect(try directory.names == ["ledger.db", "ledger.lock"])
    }

    @Test func aSecondOpenIsRefusedNamingTheProcess() throws {
        let log = try open()
        let process = ProcessInfo.processInfo.processIdentifier
        let reason = "the ledger in \(directory.path) is in use by process \(process)"
        #expect(throws: EventLogError.storage(reason)) { try open() }
        try log.close()
    }

    @Test func theLockIsFreeOnceTheLogIsGone() throws {
        _ = try open()
        _ = try open()
    }

    @Test func theLockIsFreeWhateverGoesWrongInClosing() throws {
        var sample = try SampleLog(open())
        try sample.append(1)
        // What the checkpoint is to move is not there any more.
        try FileHandle(forWritingTo: URL(fileURLWithPath: directory.file("ledger.db-wal"))).truncate(atOffset: 0)
        #expect(throws: EventLogError.self) { try sample.log.close() }
        try open().close()
    }

    @Test func aNewerSchemaIsRefused() throws {
        try open().close()
        try tamper(with: directory.file("ledger.db"), "PRAGMA user_version = 5")
        let path = directory.file("ledger.db")
        let reason = "\(path) has schema version 5; this program reads up to 4: use a newer one"
        #expect(throws: EventLogError.storage(reason)) { try open() }
    }

    @Test func anotherDatabaseIsRefused() throws {
        try tamper(with: directory.file("ledger.db"), "CREATE TABLE blocks(first)")
        #expect(throws: EventLogError.storage("\(directory.file("ledger.db")) is not a Ledgerline ledger")) {
            try open()
        }
    }

    /// What a bit that flips in the schema makes of it.
    @Test func anotherNameOfAColumnOrATableIsDamage() throws {
        let path = directory.file("ledger.db")
        let renamed = "replace(sql, 'TABLE blocks', 'TABLE clocks'), name = 'clocks', tbl_name = 'clocks'"
        for (sql, reason) in [
            ("replace(sql, 'time_last', 'tyme_last')", "no such column: time_last"),
            (renamed, "no such table: blocks"),
        ] {
            try open().close()
            let change = "UPDATE sqlite_schema SET sql = \(sql) WHERE name = 'blocks'"
            try tamper(with: path, "PRAGMA writable_schema = ON; \(change)")
            let error = try #require(throws: EventLogError.self) { try open() }
            #expect(error == .damaged(at: .beforeFirst, reason: reason))
            try FileManager.default.removeItem(atPath: path)
        }
    }

    /// SQLite takes the one for a file that may only be read, the other for an error of whoever asks.
    @Test(arguments: [(18, "SQLite's format"), (47, "unsupported file format")])
    func anotherVersionInTheHeaderIsDamage(_ place: Int, _ words: String) throws {
        try open().close()
        let file = URL(fileURLWithPath: directory.file("ledger.db"))
        var bytes = try Data(contentsOf: file)
        bytes[place] ^= 0x40
        try bytes.write(to: file)
        let error = try #require(throws: EventLogError.self) { try open() }
        guard case .damaged(.beforeFirst, let reason) = error else {
            Issue.record("it is no damage: \(error)")
            return
        }
        #expect(reason.contains(words), "\(reason)")
    }

    @Test func aFileThatIsNoDatabaseIsDamage() throws {
        let text = Data(repeating: 0x20, count: 8_192)
        try text.write(to: URL(fileURLWithPath: directory.file("ledger.db")))
        let reason = "it is no SQLite database, or its beginning is damaged"
        #expect(throws: EventLogError.damaged(at: .beforeFirst, reason: reason)) { try open() }
    }

    // MARK: Durability

    @Test func theWriterSyncsEveryCommit() throws {
        let log = try open()
        let settings = try log.pool.writeWithoutTransaction { db in
            try ["synchronous", "wal_autocheckpoint", "mmap_size", "auto_vacuum", "page_size", "secure_delete"].map {
                try Int.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(settings == [2, 0, 0, 2, LedgerSchema.pageSize, 2])
        let journal = try log.pool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(journal == "wal")
    }

    @Test func readersCannotWrite() throws {
        let log = try open()
        #expect(throws: DatabaseError.self) {
            try log.pool.read { try $0.execute(sql: "DELETE FROM blocks") }
        }
    }

    @Test func afterAFailedWriteNothingIsAppended() throws {
        var sample = try SampleLog(open())
        try sample.append(1)
        let log = sample.log
        try log.pool.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER full BEFORE INSERT ON blocks BEGIN SELECT raise(ABORT, 'disk full'); END
                    """
            )
        }
        #expect(throws: EventLogError.storage("disk full")) { try sample.append(1) }
        try log.pool.write { try $0.execute(sql: "DROP TRIGGER full") }
        #expect(throws: EventLogError.self) { try sample.append(1) }
        #expect(try log.head() == sample.head)
        #expect(try log.everything().count == 1)
    }

    @Test func checkpointsAreMadeWhenDueAndKeepTheWAL() throws {
        var options = SQLiteEventLog.Options()
        options.checkpointBytes = 100_000
        var sample = try SampleLog(SQLiteEventLog.open(directory: directory.path, options: options))
        try sample.append(1)
        #expect(try !sample.log.checkpointIfDue())
        let before = try sample.log.statistics()
        try sample.append(1_000)
        #expect(try sample.log.checkpointIfDue())
        #expect(try !sample.log.checkpointIfDue())
        let after = try sample.log.statistics()
        #expect(after.databaseBytes > before.databaseBytes)
        #expect(after.walBytes > 100_000)
        try sample.log.checkpoint()
        #expect(try sample.log.statistics().walBytes == 0)
        #expect(try sample.log.everything() == sample.committed.map(Seen.init))
    }

    @Test(arguments: [(pause: Duration.zero, isDue: true), (.seconds(3_600), false)])
    func fewLinesAreMovedWhenTheLastCheckpointWasLongEnoughAgo(pause: Duration, isDue: Bool) throws {
        var options = SQLiteEventLog.Options()
        options.earlyCheckpointBytes = 10_000
        options.checkpointPause = pause
        var sample = try SampleLog(SQLiteEventLog.open(directory: directory.path, options: options))
        try sample.append(1)
        #expect(try !sample.log.checkpointIfDue())
        try sample.append(200)
        #expect(try sample.log.checkpointIfDue() == isDue)
        try sample.append(1)
        #expect(try !sample.log.checkpointIfDue())
    }

    // MARK: Reading only

    @Test func aReadOnlyLogFollowsARunningOne() throws {
        var sample = try SampleLog(open())
        try sample.append(2)
        let reader = try SQLiteEventLog.open(directory: directory.path, options: .init(readOnly: true))
        #expect(try reader.head() == sample.head)
        try sample.append(3)
        #expect(try reader.head() == sample.head)
        #expect(try reader.verify().events == 5)
        let next = Block(first: sample.head.position.next, startingAt: sample.clock, count: 1)
        #expect(throws: EventLogError.storage("the ledger is open for reading only")) {
            try reader.append(next, expecting: sample.head)
        }
        #expect(throws: EventLogError.storage("the ledger is open for reading only")) { try reader.compactor() }
    }

    @Test func aStoppedLogCanBeReadWithoutTheLock() throws {
        var sample = try SampleLog(open())
        try sample.append(2)
        try sample.log.close()
        let reader = try SQLiteEventLog.open(directory: directory.path, options: .init(readOnly: true))
        #expect(try reader.verify().head == sample.head)
    }

    @Test func aMissingLogIsNotCreatedByReading() throws {
        #expect(throws: EventLogError.self) {
            try SQLiteEventLog.open(directory: directory.path, options: .init(readOnly: true))
        }
        #expect(try directory.names.isEmpty)
    }

    // MARK: The chain

    @Test func hashesStandAtBlockEndsOnly() throws {
        var sample = try SampleLog(open())
        try sample.append(blocks: [3, 2])
        let log = sample.log
        #expect(try log.hash(after: .beforeFirst) == LogHead.empty.hash)
        #expect(try log.hash(after: LogPosition(3)) == sample.committed[0].hash)
        #expect(try log.hash(after: LogPosition(5)) == sample.committed[1].hash)
        for position in [1, 2, 4, 6] as [Int64] { #expect(try log.hash(after: LogPosition(position)) == nil) }
    }

    @Test(.enabled(if: Shell.has("sha256sum"))) func sha256sumComputesTheSameChain() throws {
        var sample = try SampleLog(open())
        try sample.append(blocks: [2, 3])
        let block = sample.committed[1]
        let command = "{ printf %s \(sample.committed[0].hash); cat; } | sha256sum"
        #expect(try Shell.run(command, input: block.block.lines) == "\(block.hash)  -")
    }

    @Test func statisticsCountTheLog() throws {
        var sample = try SampleLog(open())
        #expect(try sample.log.statistics().timeFirst == nil)
        try sample.append(blocks: [3, 2])
        let statistics = try sample.log.statistics()
        #expect(statistics.head == sample.head)
        #expect((statistics.events, statistics.blocks, statistics.packedBlocks) == (5, 2, 0))
        #expect((statistics.lineBytes, statistics.bodyBytes) == (sample.lines.count, sample.lines.count))
        #expect(statistics.timeFirst == sample.committed[0].block.timeFirst)
        #expect(statistics.timeLast == sample.committed[1].block.timeLast)
    }
}
