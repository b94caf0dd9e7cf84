import Foundation
import TestSupport
import Testing

@Suite("The stock sqlite3 shell on a running ledger", .ownThreads)
struct SQLiteShellTests {
    private static let place = #""org":"acme","workspace":"support""#

    /// Events of many types, in blocks of different sizes.
    private func fill(_ server: ServerProcess) throws {
        let place = SQLiteShellTests.place
        let mapping = #""object":"lead","intercom":"email","salesforce":"Email","direction":"intercom_to_salesforce""#
        let cause = #""sync_type":"event_sync","object":"lead","record":"1","code":"C","message":"a|b 'c' \n d""#
        try server.ask("settings.update", "{\(place),\"limit\":5000}")
        try server.ask("mapping.set", "{\(place),\(mapping)}")
        try server.ask("bulk_sync.start", "{\(place)}")
        try server.ask("sync_errors.report", "{\(place),\"direction\":\"intercom_to_salesforce\",\(cause)}")
        for size in [1, 10, 100, 1_000, 3_000] {
            let calls = Array(repeating: #"{"calls":1,"verb":"GET","status":200}"#, count: size).joined(separator: ",")
            try server.ask("usage.record_batch", #"{\#(place),"purpose":"inbox","calls":[\#(calls)]}"#)
        }
        try server.ask("usage.record", #"{"org":"acme","integration":"Data Loader","purpose":"other","calls":7}"#)
    }

    /// How many events of each type the server itself gives.
    private func typesOverTheWire(_ server: ServerProcess) throws -> [String] {
        let events = try server.ask("events.read", #"{"limit":10000}"#).events.elements
        let counts = Dictionary(events.map { ($0.type.text ?? "", 1) }, uniquingKeysWith: +)
        return counts.map { "\($0.key)|\($0.value)" }.sorted()
    }

    @Test("The same rows before and after the log is compacted, and the same head")
    func compaction() async throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let shell = try SQLiteShell(ledgerIn: server.directory)
        try fill(server)
        let questions = [
            "SELECT type, count(*) FROM events GROUP BY 1;",
            "SELECT workspace, integration, purpose, sum(calls), sum(counted), count(*) FROM calls GROUP BY 1, 2, 3;",
            "SELECT position, time, type, org, workspace, data, event FROM events ORDER BY position;",
        ]
        let before = try questions.map(shell.rows)
        #expect(before[0] == (try typesOverTheWire(server)))
        #expect(before[0].contains("api.called|4112"))
        #expect(before[1] == ["|Data Loader|other|7|1|1", "support||inbox|4111|4111|4111"])
        let used = try shell.value("SELECT sum(calls) FROM calls WHERE workspace = 'support' AND counted")
        #expect(try server.ask("usage.get", "{\(SQLiteShellTests.place)}").used_by_workspace.integer == Int(used))
        let head = try server.ask("log.verify").head

        let compaction = try await server.run(["compact", "--keep-events", "0"])
        #expect(compaction.status == 0, "\(compaction.errors)")
        #expect((try server.ask("log.stats").packed_blocks.integer ?? 0) > 0)
        #expect(try questions.map(shell.rows) == before)
        #expect(try server.ask("log.verify").head == head)

        // The shell's visits leave the ledger as it was: it goes on, and can be opened again.
        try server.ask("usage.record", "{\(SQLiteShellTests.place),\"purpose\":\"inbox\"}")
        #expect(try shell.value("SELECT count(*) FROM calls") == "4113")
        #expect(try server.stop().status == 0)
        #expect(try shell.value("SELECT count(*) FROM calls") == "4113")
        let again = try ServerProcess(server.directory)
        #expect(try again.ask("log.verify").events.integer == before[2].count + 1)
    }

    @Test("The file says what it is: a ledger of this program, with a write-ahead log")
    func pragmas() throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let shell = try SQLiteShell(ledgerIn: server.directory)
        #expect(try shell.value("PRAGMA journal_mode") == "wal")
        #expect(try shell.value("PRAGMA application_id") == "\(0x4C64_676C)")
        #expect(try shell.value("PRAGMA integrity_check") == "ok")
    }
}
