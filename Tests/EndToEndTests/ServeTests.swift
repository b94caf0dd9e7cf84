import Foundation
import TestSupport
import Testing

@Suite("serve", .ownThreads)
struct ServeTests {
    @Test("The port file holds the port as soon as requests are answered, and goes with the server")
    func portFile() throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("port")
        let server = try ServerProcess(directory.file("data"), ["--port-file", file])
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "\(server.port)\n")
        #expect(try server.ask("server.health").status == "SERVING")
        #expect(try server.stop().status == 0)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test("A second server on the same data is refused and told whose they are")
    func secondServer() throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let refusal = try #require(throws: ServerProcess.NotServing.self) { try ServerProcess(server.directory) }
        #expect(refusal.status == 5)
        #expect(refusal.log.contains("is in use by process \(server.processID)"), "\(refusal.log)")
        #expect(try server.ask("server.health").status == "SERVING")
        server.kill()
        // The lock went with the process, though its file is still there.
        try ServerProcess(server.directory).stop()
    }

    @Test("A directory or a socket that cannot be made is refused with the reason")
    func filesInTheWay() throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("file")
        try Data("mine".utf8).write(to: URL(fileURLWithPath: file))
        func refusal(_ data: String, _ arguments: [String] = []) throws -> String {
            try #require(throws: ServerProcess.NotServing.self) { try ServerProcess(data, arguments) }.log
        }
        #expect(try refusal(file).contains("\(file): a file of that name is there"))
        #expect(try refusal("\(file)/data").contains("\(file): a file of that name is there"))
        let data = directory.file("data")
        #expect(try refusal(data, ["--unix", file]).contains("\(file): a file is there that is no socket"))
        let long = "/tmp/" + String(repeating: "a", count: 99)
        #expect(try refusal(data, ["--unix", long]).contains("103 bytes at most"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
    }

    @Test("Beyond loopback only with --insecure", arguments: ["0.0.0.0:0", "[::]:0"])
    func beyondLoopback(address: String) async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        let refused = try #require(throws: ServerProcess.NotServing.self) {
            try ServerProcess(data, ["--listen", address])
        }
        #expect(refused.status == 1)
        #expect(refused.log.contains("--insecure"), "\(refused.log)")
        #expect(!FileManager.default.fileExists(atPath: data))
        let allowed = try ServerProcess(data, ["--listen", "0.0.0.0:0", "--insecure"])
        #expect(try allowed.ask("server.health").status == "SERVING")
        try allowed.stop()
    }

    @Test("SIGTERM under load: what was accepted is answered and durable, streams are closed, the status is 0")
    func drain() throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let stream = try server.connect()
        try stream.send(#"{"method":"events.stream","params":{"from":"start"}}"#)
        let client = try server.connect()
        let request = #"{"method":"usage.record","params":{"org":"a","workspace":"w","purpose":"inbox"}}"#
        try client.send(bytes: Array(Array(repeating: request + "\n", count: 2_000).joined().utf8))
        let first = try #require(try client.readLine())
        server.signal(SIGTERM)
        let answers = try ([first] + client.readToEnd().split(separator: "\n").map(String.init)).map { try JSON($0) }
        let end = try server.stop()
        #expect(end.status == 0)
        #expect(end.log.contains("SIGTERM"))

        let recorded = answers.filter { $0.error == .null }.map(\.result.position)
        #expect(recorded == (1...recorded.count).map { JSON.integer($0) })
        let shell = try SQLiteShell(ledgerIn: server.directory)
        #expect(try shell.value("SELECT count(*) FROM calls") == "\(recorded.count)")
        // Checkpointed: the database is whole without its write-ahead log.
        #expect(!FileManager.default.fileExists(atPath: server.directory + "/ledger.db-wal"))
        let lines = try stream.readToEnd().split(separator: "\n")
        #expect(lines.count { $0.hasPrefix(#"{"position":"#) } == recorded.count)
        #expect(lines.last?.hasPrefix(#"{"control":"closing""#) == true)
    }

    /// Long work, and when it is to be broken off.
    struct LongWork: CustomTestStringConvertible {
        var method: String
        var params: String
        var testDescription: String
        var isReached: @Sendable (JSON) -> Bool = { _ in true }

        static let all = [
            LongWork(method: "log.compact", params: #"{"keep_events":0}"#, testDescription: "compaction"),
            LongWork(method: "log.backup", params: #"{"path":"copy.db"}"#, testDescription: "backup, copying"),
            LongWork(method: "log.backup", params: #"{"path":"copy.db"}"#, testDescription: "backup, verifying") {
                $0.done == $0.total
            },
        ]
    }

    @Test("SIGTERM does not wait for long work, which is told so; what it leaves is in order", arguments: LongWork.all)
    func longWork(_ work: LongWork) throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let calls = Array(repeating: "{}", count: 1_000).joined(separator: ",")
        let batch = #"{"org":"a","workspace":"w","purpose":"inbox","calls":[\#(calls)]}"#
        for _ in 1...50 { _ = try server.ask("usage.record_batch", batch) }
        let client = try server.connect()
        try client.send(#"{"method":"\#(work.method)","params":\#(work.params)}"#)
        // Work that is over before it is seen does not come back, and then this fails.
        var looks = 0
        while try !server.ask("server.tasks").tasks.elements.contains(where: {
            $0.task.text == work.method && work.isReached($0)
        }) {
            looks += 1
            try #require(looks < 20_000)
        }
        server.signal(SIGTERM)
        let answer = try JSON(#require(try client.readLine()))
        #expect(answer.error.data.reason == "INTERRUPTED", "\(answer)")
        #expect(try server.awaitEnd().status == 0)
        let left = try? FileManager.default.contentsOfDirectory(atPath: server.directory + "/backups")
        #expect(left ?? [] == [])
        let again = try ServerProcess(server.directory)
        #expect(try again.ask("usage.get", #"{"org":"a","workspace":"w"}"#).used_by_workspace == .integer(50_000))
        #expect(try again.answer("log.verify").error == .null)
        try again.stop()
    }

    @Test("Where the system lets the process open few files, it says how many connections that leaves, and keeps to it")
    func openFiles() throws {
        let directory = try TemporaryDirectory()
        let few = ["sh", "-c", "ulimit -n 400; exec \"$@\"", "sh"]
        let server = try ServerProcess(directory.file("data"), under: few)
        let warning = "only 16 connections, not 10240: the process may open 400 files (ulimit -n)"
        #expect(server.startLog.contains(warning), "\(server.startLog)")
        let clients = try (1...16).map { _ in try server.connect() }
        for client in clients { #expect(try client.ask(#"{"method":"server.health"}"#).contains("SERVING")) }
        #expect(try JSON(server.connect().readToEnd()).error.data.reason == "CONNECTIONS_MAX")
        try server.stop()
        let modest = try ServerProcess(directory.file("data"), ["--connections-max", "16"], under: few)
        #expect(!modest.startLog.contains("ulimit"), "\(modest.startLog)")
    }
}
