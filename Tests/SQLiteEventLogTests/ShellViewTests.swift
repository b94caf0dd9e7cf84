import EventSourcing
import GRDB
import SQLiteEventLog
import TestSupport
import Testing

/// The stock `sqlite3` shell reads a ledger that is open for writing, whatever its blocks look like.
@Suite(.enabled(if: Shell.has("sqlite3"))) struct ShellViewTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>

    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.path))
        try sample.append(blocks: [3, 50, 1, 6])
    }

    private func sqlite3(_ sql: String) throws -> String {
        try Shell.run("sqlite3 -readonly '\(directory.file("ledger.db"))'", input: Array(sql.utf8))
    }

    @Test(arguments: [false, true]) func countsByType(isCompacted: Bool) throws {
        if isCompacted { try sample.log.compact() }
        let counts = try sqlite3("SELECT type, count(*) FROM events GROUP BY 1 ORDER BY 1;")
        #expect(counts == "api.called|48\nsettings.changed|12")
    }

    @Test(arguments: [false, true]) func everyEventByteForByte(isCompacted: Bool) throws {
        if isCompacted { try sample.log.compact() }
        #expect(try sqlite3("SELECT event FROM events ORDER BY position;") + "\n" == text(sample.lines))
    }

    @Test(arguments: [false, true]) func columnsOfEventsAndCalls(isCompacted: Bool) throws {
        if isCompacted { try sample.log.compact { $0.keepEvents = 6 } }
        let event = try sqlite3("SELECT position, time, type, org, workspace, data FROM events WHERE position = 5;")
        let time = sample.committed[1].block.timeFirst + TimeSpan(milliseconds: 1)
        #expect(event == "5|\(time)|settings.changed|acme|support|{\"limit\":5}")
        let call = try sqlite3(
            """
            SELECT position, at = time, org, workspace, integration, purpose, calls, counted, verb, resource, status,
              hex(id) FROM calls WHERE position IN (6, 7);
            """
        )
        #expect(
            call == """
                6|1|acme|support||inbox|2|1|GET|||C3A90A2D36
                7|1|acme|support||inbox|2|0|GET|||C3A90A2D37
                """
        )
    }

    @Test func droppedBlocksAreLeftOut() throws {
        let body: [UInt8] = [1]
        try sample.log.save(
            Snapshot(
                position: sample.head.position,
                time: sample.clock,
                chainHash: sample.head.hash,
                version: 1,
                stateHash: ChainHash.digest(of: body),
                body: body
            )
        )
        try sample.log.compact {
            $0.retention = Retention(before: LogPosition(54), snapshotVersion: 1, rollUp: { _ in [] })
        }
        #expect(try sqlite3("SELECT min(position), count(*) FROM events;") == "54|7")
    }

    @Test func ourOwnConnectionsHaveTheSameFunction() throws {
        try sample.log.compact()
        let report = try sample.log.backup(to: directory.file("copy.db"))
        #expect(report.events == 60)
        #expect(try Shell.run("sqlite3 '\(directory.file("copy.db"))' 'SELECT count(*) FROM calls'") == "48")
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
