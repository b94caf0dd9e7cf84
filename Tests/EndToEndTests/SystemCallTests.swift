import Foundation
import TestSupport
import Testing

@Suite("What the kernel is asked, in which order", .ownThreads)
struct SystemCallTests {
    private static let clients = 3
    private static let callsPerClient = 20

    /// Records calls one after the other; each is sent twice at once, so that the answer to a duplicate is watched too.
    private static func record(_ server: ServerProcess, client: Int) throws {
        let socket = try server.connect()
        for number in 1...callsPerClient {
            let id = "c\(client)-\(number)"
            let params = #"{"org":"a","workspace":"w","purpose":"inbox","id":"\#(id)"}"#
            let request = #"{"method":"usage.record","params":\#(params)}"#
            try socket.send(request + "\n" + request)
            for _ in 1...2 { _ = try socket.readLine() }
        }
    }

    /// Asks for the live state while others record, and watches the stream of events.
    private static func ask(_ server: ServerProcess) throws {
        let (asking, stream) = (try server.connect(), try server.connect())
        try stream.send(#"{"method":"events.stream","params":{"from":"start"}}"#)
        for _ in 1...callsPerClient {
            _ = try asking.ask(#"{"method":"org.list"}"#)
            _ = try asking.ask(#"{"method":"usage.get","params":{"org":"a","workspace":"w"}}"#)
            _ = try stream.readLine()
        }
    }

    @Test("No answer, and no event of a stream, overtakes the fdatasync of the block that it tells of")
    func durableBeforeAnswered() async throws {
        try Witness.require("strace")
        let directory = try TemporaryDirectory()
        let trace = directory.file("trace")
        let calls = "write,writev,sendto,sendmsg,pwrite64,fdatasync"
        let server = try ServerProcess(
            directory.file("data"),
            under: ["strace", "-f", "-yy", "-s", "40000", "-e", "trace=\(calls)", "-o", trace]
        )
        try await withThrowingTaskGroup { group in
            for client in 1...SystemCallTests.clients {
                group.addTask { try SystemCallTests.record(server, client: client) }
            }
            group.addTask { try SystemCallTests.ask(server) }
            try await group.waitForAll()
        }
        let events = try #require(server.ask("server.info").head.position.integer)
        try server.stop()
        #expect(events == SystemCallTests.clients * SystemCallTests.callsPerClient)

        let durable = try DurabilityTrace(file: trace, port: server.port)
        for position in 1...events {
            let block = try #require(durable.blocks[position], "no write of event \(position) was seen")
            let synced = try #require(block.synced, "no fdatasync behind the write of event \(position) was seen")
            let told = try #require(durable.told[position], "nobody was told of event \(position)")
            #expect(block.written < synced && synced < told, "event \(position) was told before it was durable")
        }
        // synchronous=FULL: not only checkpoints are synchronised.
        #expect(durable.syncs >= SystemCallTests.callsPerClient)
    }
}

/// The order of a server's writes, synchronisations and answers, as lines of strace's output.
///
/// A thread goes on from the end of a system call only after strace has written that down. So whatever a thread did because
/// a call ended stands behind that end.
private struct DurabilityTrace {
    struct BlockWrite {
        /// The write of the event into the WAL ended here.
        var written: Int
        /// The first fdatasync of the WAL that began behind it ended here.
        var synced: Int?
    }

    /// By position of an event.
    private(set) var blocks: [Int: BlockWrite] = [:]
    /// By position of an event: where the first write to a client began that names it.
    private(set) var told: [Int: Int] = [:]
    /// How often the WAL was synchronised.
    private(set) var syncs = 0

    init(file: String, port: Int) throws {
        let trace = try SystemCallTrace(file: file)
        let ledger = "/ledger.db-wal>"
        for call in trace.calls where call.name.hasPrefix("pwrite") && call.file.hasSuffix(ledger) {
            for position in call.positions(beginning: #"{\"position\":"#) where blocks[position] == nil {
                blocks[position] = BlockWrite(written: call.left)
            }
        }
        let synchronisations = trace.calls.filter {
            $0.name == "fdatasync" && $0.file.hasSuffix(ledger) && $0.succeeded
        }
        syncs = synchronisations.count
        for (position, block) in blocks {
            blocks[position]?.synced = synchronisations.first { $0.entered > block.written }?.left
        }
        for call in trace.calls where call.file.hasPrefix("<TCP:[127.0.0.1:\(port)->") && call.writes {
            for position in call.positions(beginning: #"\"position\":"#) {
                told[position] = min(told[position] ?? .max, call.entered)
            }
        }
    }
}
