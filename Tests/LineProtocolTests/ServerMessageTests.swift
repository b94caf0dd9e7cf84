import LineJSON
import LineProtocol
import Testing

@Suite("What a client writes and reads")
struct ServerMessageTests {
    @Test("a request carries what it was given, in order")
    func requests() {
        var writer = JSONWriter()
        writer.request(id: 1, method: "server.ping")
        writer.endLine()
        writer.request(
            id: 2,
            method: "usage.get",
            params: Array("{\"org\":\"o\"}".utf8),
            deadlineMilliseconds: 500,
            token: "t\""
        )
        writer.endLine()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == """
                {"jsonrpc":"2.0","id":1,"method":"server.ping"}
                {"jsonrpc":"2.0","id":2,"method":"usage.get","params":{"org":"o"},"deadline_ms":500,"token":"t\\""}

                """
        )
    }

    @Test(
        "tells the kinds of line apart",
        arguments: [
            (#"{"jsonrpc":"2.0","id":7,"result":{"a":[1]}}"#, "result 7 {\"a\":[1]}"),
            (#"{"jsonrpc":"2.0","id":"x","result":null}"#, "result \"x\" null"),
            (
                #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m","data":{"status":"INVALID_ARGUMENT"}}}"#,
                "failure null -32700 INVALID_ARGUMENT m"
            ),
            (
                #"{"jsonrpc":"2.0","method":"events.batch","params":{"subscription":3,"events":[{"position":1}]}}"#,
                "notification events.batch {\"subscription\":3,\"events\":[{\"position\":1}]}"
            ),
            (
                #"{"method":"events.batch","params":{"subscription":3}}"#,
                "notification events.batch {\"subscription\":3}"
            ),
            (#"{"control":"caught_up","position":42}"#, "control caught_up 42"),
            (#"{"position":42,"time":"2026-11-21T17:54:01.123Z","type":"api.called"}"#, "event 42"),
        ]
    )
    func kinds(_ line: String, _ expected: String) throws {
        #expect(try described(line) == expected)
    }

    @Test(
        "refuses what no server should send",
        arguments: [
            ("[1]", .notAnObject), ("{\"id\":1}", .malformedError), ("{\"id\":1,\"error\":7}", .malformedError),
            ("{", .notJSON(JSONError(offset: 1, reason: .unexpectedEnd))),
        ] as [(String, ServerMessageError)]
    )
    func refusals(_ line: String, _ expected: ServerMessageError) {
        #expect(throws: expected) { try described(line) }
    }

    @Test("control lines and notifications read back as they were written")
    func controlAndNotification() throws {
        var writer = JSONWriter()
        writer.control("caught_up") { $0.member("position", 42) }
        #expect(try described(String(decoding: writer.take(), as: UTF8.self)) == "control caught_up 42")
        writer.notification("events.batch", dialect: .jsonRPC) { $0.array("events") { $0.value(raw: "{}".utf8) } }
        #expect(writer.bytes == Array(#"{"jsonrpc":"2.0","method":"events.batch","params":{"events":[{}]}}"#.utf8))
        writer.removeAll()
        writer.notification("events.batch", dialect: .netcat) { $0.member("subscription", 3) }
        #expect(writer.bytes == Array(#"{"method":"events.batch","params":{"subscription":3}}"#.utf8))
    }

    @Test("batch answers come in any order, and none at all is no line")
    func batchAnswer() {
        var answer = BatchAnswer(requestCount: 3)
        answer.add(Array("{\"id\":2}".utf8))
        answer.skipOne()
        #expect(!answer.isComplete)
        answer.add(Array("{\"id\":1}".utf8))
        #expect(answer.isComplete)
        #expect(answer.finish().map { String(decoding: $0, as: UTF8.self) } == "[{\"id\":2},{\"id\":1}]")
        var silent = BatchAnswer(requestCount: 1)
        silent.skipOne()
        #expect(silent.finish() == nil)
    }

    private func described(_ line: String) throws -> String {
        var decoder = ServerMessageDecoder()
        return try Array(line.utf8).withUnsafeBytes { bytes in
            try decoder.withDecoded(bytes) { message in ServerMessageTests.describe(message) }
        }
    }

    private static func describe(_ message: ServerMessage) -> String {
        switch message {
        case .result(let id, let value): "result \(raw(id)) \(raw(value))"
        case .failure(let id, let error): "failure \(raw(id)) \(error.code) \(error.status) \(error.message)"
        case .notification(let method, let params): "notification \(method.string() ?? "") \(params.map(raw) ?? "")"
        case .control(let name, let line): "control \(name.string() ?? "") \(line["position"]?.integer ?? 0)"
        case .event(let event): "event \(event["position"]?.integer ?? 0)"
        }
    }

    private static func raw(_ view: JSONView) -> String { String(decoding: view.rawBytes, as: UTF8.self) }
}
