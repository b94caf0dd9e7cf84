import Foundation
import TestSupport
import Testing

@Suite("Readers that lose their server", .ownThreads)
struct ResumeTests {
    private static let call = #"{"method":"usage.record","params":{"org":"a","workspace":"w","purpose":"inbox"}}"#

    /// Records one call after the other until the connection breaks or `count` are recorded.
    private func record(_ server: ServerProcess, count: Int = .max) async {
        guard let client = try? server.connect() else { return }
        for _ in 0..<count {
            guard (try? client.ask(ResumeTests.call)) != nil else { return }
        }
    }

    /// Reads events from a position on, and hands every one to `body` with its position until that says no or the
    /// connection breaks. What came of a last line that was cut off is left out.
    private func stream(
        _ server: ServerProcess,
        from position: Int,
        _ body: (_ position: Int, _ line: String) -> Bool
    ) throws {
        let reader = try server.connect()
        try reader.send(#"{"method":"events.stream","params":{"from":\#(position)}}"#)
        while let line = try? reader.readLine(), let event = try? JSON(line) {
            guard let position = event.position.integer, event.control == .null else { continue }
            guard body(position, line) else { return }
        }
    }

    /// Every event of a ledger, as the stock shell reads it.
    private func log(in directory: String) throws -> [String] {
        try SQLiteShell(ledgerIn: directory).rows("SELECT event FROM events ORDER BY position")
    }

    @Test("A stream that resumes behind its last position after kill -9 gives every event once, while others record")
    func stream() async throws {
        var random = SeededRandom()
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        var lines: [String] = []
        for _ in 1...3 {
            let server = try ServerProcess(data)
            let last = lines.count + Int.random(in: 50...300, using: &random)
            async let recording: Void = record(server)
            try stream(server, from: lines.count + 1) { position, line in
                #expect(position == lines.count + 1)
                lines.append(line)
                // The reader goes on until the connection breaks: more comes before the process is gone.
                if position == last { server.signal(SIGKILL) }
                return true
            }
            server.kill()
            await recording
            #expect(lines.count >= last)
        }
        let server = try ServerProcess(data)
        await record(server, count: 10)
        let head = try #require(server.ask("server.info").head.position.integer)
        try stream(server, from: lines.count + 1) { position, line in
            lines.append(line)
            return position < head
        }
        #expect(try server.stop().status == 0)
        #expect(try lines == log(in: data))
    }

    @Test("ledgerline tail goes on by itself when the server comes back after kill -9")
    func tail() async throws {
        let directory = try TemporaryDirectory()
        // A path, not a port: nobody else can take it meanwhile.
        let socket = directory.file("socket")
        let data = directory.file("data")
        let first = try ServerProcess(data, ["--unix", socket])
        await record(first, count: 20)
        let tail = try LedgerlineProcess(["tail", "--from", "start", "--json", "--unix", socket])
        defer { tail.process.terminate() }
        let output = PipeLines(tail.output.fileHandleForReading)
        var lines: [String] = []
        while lines.count < 20, let line = try output.next() { lines.append(line) }
        first.kill()

        let second = try ServerProcess(data, ["--unix", socket])
        await record(second, count: 20)
        while lines.count < 40, let line = try output.next() { lines.append(line) }
        #expect(try lines == log(in: data))
        try second.stop()
    }
}
