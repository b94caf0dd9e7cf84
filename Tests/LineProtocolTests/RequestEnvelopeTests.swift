import LineJSON
import LineProtocol
import Testing

@Suite("Request envelopes")
struct RequestEnvelopeTests {
    @Test(
        "in netcat mode everything is answered, without jsonrpc",
        arguments: [
            (#"{"method":"get_data"}"#, #"{"id":null,"result":["hello",5]}"#),
            (#"{"method":"get_data","id":7}"#, #"{"id":7,"result":["hello",5]}"#),
            (#"{"method":"get_data","params":[]}"#, #"{"id":null,"result":["hello",5]}"#),
            (#"{"method":"subtract","params":{"minuend":3,"subtrahend":1}}"#, #"{"id":null,"result":2}"#),
            (
                #"{"id":"x","method":"nope"}"#,
                #"{"id":"x","error":{"code":-32601,"message":"Method not found: nope","data":{"status":"UNIMPLEMENTED"}}}"#
            ),
        ]
    )
    func netcat(_ line: String, _ expected: String) {
        var server = FakeServer()
        #expect(server.answer(line) == expected)
    }

    @Test("in netcat mode a mistyped member is named, with those that are known")
    func unknownMember() {
        var server = FakeServer()
        #expect(
            server.answer(#"{"id":1,"method":"subtract","parms":{"minuend":3}}"#)
                == #"{"id":1,"error":{"code":-32600,"message":"Invalid Request: unknown member \"parms\"; "#
                + #"known are method, params, id, deadline_ms, token, jsonrpc","data":{"status":"INVALID_ARGUMENT"}}}"#
        )
        #expect(server.answer(#"{"jsonrpc":"2.0","id":1,"method":"get_data","parms":1}"#)?.contains("result") == true)
        #expect(server.calls == ["get_data"])
    }

    @Test(
        "the id comes back byte for byte",
        arguments: [
            "1", "-7", "1.50", "1e3", "null", "\"\"", "\"a\\u0062\\\"\"", "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"",
            "12345678901234567890123456789012345678901234567890", "\"\(String(repeating: "long", count: 100))\"",
        ]
    )
    func idIsEchoed(_ id: String) {
        var server = FakeServer()
        #expect(
            server.answer(#"{"jsonrpc":"2.0","id": \#(id) ,"method":"get_data"}"#)
                == #"{"jsonrpc":"2.0","id":\#(id),"result":["hello",5]}"#
        )
    }

    @Test(
        "what is no request is refused with -32600, and with the id where it is legal",
        arguments: [
            (#"{"jsonrpc":"2.0","id":true,"method":"get_data"}"#, "null", "id must be a string, a number or null"),
            (#"{"jsonrpc":"2.0","id":[1],"method":"get_data"}"#, "null", "id must be a string, a number or null"),
            (#"{"id":{},"method":"get_data"}"#, "null", "id must be a string, a number or null"),
            (#"{"jsonrpc":"1.0","id":1,"method":"get_data"}"#, "1", "jsonrpc must be \\\"2.0\\\""),
            (#"{"jsonrpc":2.0,"id":1,"method":"get_data"}"#, "1", "jsonrpc must be \\\"2.0\\\""),
            (#"{"jsonrpc":null,"method":"get_data"}"#, "null", "jsonrpc must be \\\"2.0\\\""),
            (#"{"jsonrpc":"2.0","id":1}"#, "1", "method must be a string"),
            (#"{"id":1}"#, "1", "method must be a string"),
            (#"{}"#, "null", "method must be a string"),
            (#"{"id":1,"method":null}"#, "1", "method must be a string"),
            (#"{"jsonrpc":"2.0","id":1,"method":"get_data","params":"bar"}"#, "1", "params must be an object"),
            (#"{"jsonrpc":"2.0","id":1,"method":"get_data","params":null}"#, "1", "params must be an object"),
            (#"{"id":1,"method":"get_data","params":7}"#, "1", "params must be an object"),
            ("1", "null", "a request is an object"), ("\"get_data\"", "null", "a request is an object"),
        ]
    )
    func refusals(_ line: String, _ id: String, _ explanation: String) {
        var server = FakeServer()
        let version = line.contains("jsonrpc") || !line.hasPrefix("{") ? #""jsonrpc":"2.0","# : ""
        #expect(
            server.answer(line)
                == "{\(version)\"id\":\(id),\"error\":{\"code\":-32600,\"message\":\"Invalid Request: \(explanation)\","
                + "\"data\":{\"status\":\"INVALID_ARGUMENT\"}}}"
        )
        #expect(server.calls.isEmpty)
    }

    @Test("a bare word is a parse error, which is answered as JSON-RPC wants it")
    func bareWord() {
        var server = FakeServer()
        #expect(
            server.answer("hello")
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error: expected a value at byte 0","#
                + #""data":{"status":"INVALID_ARGUMENT","offset":0}}}"#
        )
    }

    @Test("netcat mode is for single lines: inside a batch every request needs jsonrpc")
    func netcatInBatch() {
        var server = FakeServer()
        #expect(
            server.answer(#"[{"id":1,"method":"get_data"}]"#)
                == #"[{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"Invalid Request: jsonrpc must be \"2.0\"","#
                + #""data":{"status":"INVALID_ARGUMENT"}}}]"#
        )
    }

    @Test("a batch beyond the bound is refused as one, and one at the bound is not")
    func batchBound() {
        var server = FakeServer(batchRequestsMax: 2)
        let request = #"{"jsonrpc":"2.0","id":1,"method":"get_data"}"#
        #expect(server.answer("[\(request),\(request)]")?.hasPrefix("[{") == true)
        #expect(
            server.answer("[\(request),\(request),\(request)]")
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"#
                + #""Invalid Request: a batch may hold 2 requests, not 3","#
                + #""data":{"status":"INVALID_ARGUMENT","reason":"BATCH_TOO_LARGE","batch_requests_max":2}}}"#
        )
        #expect(server.calls.count == 2)
    }

    @Test("deadline and token stand beside params", arguments: [1, 2_500, 86_400_000] as [Int64])
    func deadlineAndToken(_ milliseconds: Int64) {
        decode(#"{"method":"m","params":{"a":1},"deadline_ms":\#(milliseconds),"token":"s\u0065cret"}"#) { decoded in
            guard case .request(let request) = decoded else {
                Issue.record("refused")
                return
            }
            #expect(request.deadlineMilliseconds == milliseconds)
            #expect(request.token?.string() == "secret")
            #expect(request.method.equals("m"))
            #expect(request.dialect == .netcat)
            #expect(request.reply == ReplyHeader(dialect: .netcat, id: .null))
            let params = try? request.namedParams()
            #expect(params?["a"]?.integer == 1)
        }
    }

    @Test(
        "a deadline out of bounds or a token that is no string is -32602 with its field",
        arguments: [
            ("\"deadline_ms\":0", "deadline_ms"), ("\"deadline_ms\":86400001", "deadline_ms"),
            ("\"deadline_ms\":1.5", "deadline_ms"), ("\"deadline_ms\":\"5\"", "deadline_ms"),
            ("\"deadline_ms\":null", "deadline_ms"), ("\"token\":7", "token"), ("\"token\":null", "token"),
        ]
    )
    func badExtras(_ member: String, _ field: String) {
        for version in ["", "\"jsonrpc\":\"2.0\","] {
            decode("{\(version)\"id\":1,\"method\":\"m\",\(member)}") { decoded in
                guard case .rejected(let rejected) = decoded else {
                    Issue.record("accepted")
                    return
                }
                #expect(rejected.error.code == -32_602)
                #expect(rejected.error.field == field)
                #expect(rejected.reply?.id == RequestID(1))
            }
        }
        decode("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\(member)}") { decoded in
            guard case .rejected(let rejected) = decoded else {
                Issue.record("accepted")
                return
            }
            #expect(rejected.reply == nil, "a notification is not answered")
        }
    }

    @Test("ids are equal when their bytes are")
    func idEquality() {
        let id = { (json: String) in Array(json.utf8).withUnsafeBytes { bytes in RequestID(json: bytes) } }
        let long = "\"\(String(repeating: "x", count: 50))\""
        #expect(id("1") == RequestID(1))
        #expect(id("1") != id("1.0"))
        #expect(id("null") == .null)
        #expect(id(long) == id(long))
        #expect(id(long).description == long)
        #expect(Set([id("1"), id("\"1\""), id(long), id("1"), id(long)]).count == 3)
        let bound = String(repeating: "7", count: RequestID.inlineBytesMax)
        #expect(id(bound).description == bound)
        #expect(id(bound + "7").description == bound + "7")
    }

    private func decode(_ line: String, _ body: (DecodedLine) -> Void) {
        var decoder = RequestDecoder()
        Array(line.utf8).withUnsafeBytes { bytes in decoder.withDecoded(bytes, body) }
    }
}
