import LedgerClient
import LineProtocol
import Testing

@Suite("Event streams")
struct EventStreamTests {
    private static func event(_ position: Int64) -> String {
        #"{"position":\#(position),"time":"2026-11-21T17:54:01.123Z","type":"api.called","org":"a","data":{}}"#
    }

    private static func streaming(_ from: Int64) -> String { #"{"control":"streaming","from":\#(from),"head":3}"# }
    private static let closing = #"{"control":"closing","reason":"shutdown"}"#

    private func positions(
        _ server: FakeServer,
        _ request: EventStreamRequest = EventStreamRequest(from: .start)
    ) async throws -> [Int64] {
        try await withEventStream(to: server.address, request) { lines in
            var positions: [Int64] = []
            for try await case .event(let event) in lines { positions.append(event.position) }
            return positions
        }
    }

    @Test("Lines come byte for byte, and the stream ends when the server says so")
    func lines() async throws {
        let text = [EventStreamTests.streaming(1), EventStreamTests.event(1), EventStreamTests.closing]
        let server = try await FakeServer { _ in .linesThenClose(text) }
        let lines = try await withEventStream(to: server.address, EventStreamRequest(from: .start)) { lines in
            try await lines.reduce(into: [StreamLine]()) { $0.append($1) }
        }
        #expect(
            lines == [
                .control(ControlLine(name: "streaming", position: 1, bytes: Array(text[0].utf8))),
                .event(EventLine(position: 1, bytes: Array(text[1].utf8))),
                .control(ControlLine(name: "closing", position: nil, bytes: Array(text[2].utf8))),
            ]
        )
    }

    @Test(
        "The request says what is wanted",
        arguments: [
            (EventStreamRequest(), #"{"from":"end"}"#),
            (
                EventStreamRequest(from: .position(7), org: "a", workspace: "b"),
                #"{"from":7,"org":"a","workspace":"b"}"#
            ),
            (EventStreamRequest(from: .start, blocks: true), #"{"from":"start","blocks":true}"#),
            (
                EventStreamRequest(from: .time("2026-11-21T00:00:00Z"), type: "tier.", heartbeatMilliseconds: 500),
                #"{"from":"2026-11-21T00:00:00Z","type":"tier.","heartbeat_ms":500}"#
            ),
        ]
    )
    func request(request: EventStreamRequest, params: String) async throws {
        let server = try await FakeServer { _ in .linesThenClose([EventStreamTests.closing]) }
        #expect(try await positions(server, request).isEmpty)
        let line = try #require(await server.requests.first { _ in true }).line
        #expect(line == #"{"jsonrpc":"2.0","id":1,"method":"events.stream","params":\#(params)}"#)
    }

    @Test("A refused stream throws the refusal")
    func refusal() async throws {
        let error = #"{"code":11,"message":"dropped","data":{"status":"OUT_OF_RANGE"}}"#
        let server = try await FakeServer { .lines([#"{"jsonrpc":"2.0","id":\#($0.id),"error":\#(error)}"#]) }
        await #expect(throws: RPCError(.outOfRange, "dropped")) { try await positions(server) }
    }

    @Test("A connection that ends without a word is lost")
    func lost() async throws {
        let server = try await FakeServer { _ in .linesThenClose([EventStreamTests.event(1)]) }
        await #expect(throws: LedgerClientError.connectionLost(server.address, reason: "the server closed it")) {
            try await positions(server)
        }
    }

    @Test("A consumer that stops reading stops the server; later nothing is missing")
    func backpressure() async throws {
        let linesMax: Int64 = 40_000
        let server = try await FloodingServer(lines: linesMax)
        try await withEventStream(to: server.address, EventStreamRequest(from: .start)) { lines in
            var expected: Int64 = 0
            for try await case .event(let event) in lines {
                expected += 1
                #expect(event.position == expected)
                if expected == 1 {
                    // There is no event to await: that nothing more comes is what is to be seen.
                    try await Task.sleep(for: .milliseconds(300))
                    #expect(server.linesWritten < linesMax)
                }
            }
            #expect(expected == linesMax)
        }
    }

    @Test("A tail goes on behind the last event through lost connections, and drops what it saw before")
    func tail() async throws {
        let server = try await FakeServer { request in
            switch request.connection {
            case 1: .linesThenClose([EventStreamTests.streaming(1)] + (1...3).map(EventStreamTests.event))
            case 2: .linesThenClose([])
            case 3: .linesThenClose([EventStreamTests.streaming(4), EventStreamTests.closing])
            default: .lines([3, 4, 5].map(EventStreamTests.event))
            }
        }
        let tail = EventTail(
            server.address,
            EventStreamRequest(from: .start),
            backoff: Backoff(first: .milliseconds(1))
        )
        var positions: [Int64] = []
        var log: [String] = []
        await #expect(throws: Done.self) {
            try await tail.run { update in
                switch update {
                case .line(.event(let event)):
                    positions.append(event.position)
                    if event.position == 5 { throw Done() }
                case .line(.control): break
                case .disconnected: log.append("disconnected")
                case .reconnected: log.append("reconnected")
                }
            }
        }
        #expect(positions == [1, 2, 3, 4, 5])
        #expect(
            log == ["disconnected", "disconnected", "reconnected", "disconnected", "reconnected"]
        )
        var asked: [String] = []
        for await request in server.requests.prefix(4) { asked.append(request.line) }
        #expect(asked[0].contains(#""from":"start""#))
        #expect(asked[1...].allSatisfy { $0.contains(#""from":4"#) })
    }

    @Test("A tail does not try again what the server refuses for good")
    func tailRefused() async throws {
        let error = #"{"code":11,"message":"dropped","data":{"status":"OUT_OF_RANGE"}}"#
        let server = try await FakeServer { .lines([#"{"jsonrpc":"2.0","id":\#($0.id),"error":\#(error)}"#]) }
        await #expect(throws: RPCError(.outOfRange, "dropped")) {
            try await EventTail(server.address, EventStreamRequest(from: .position(1))).run { _ in }
        }
    }

    private struct Done: Error {}
}
