import Testing

/// Section 7 of https://www.jsonrpc.org/specification, example by example. Our methods take named parameters only, so
/// where the specification passes a list to an existing method, the answer is -32602. Our messages say more than its
/// own.
@Suite("The examples of the JSON-RPC 2.0 specification")
struct SpecificationExamplesTests {
    static let positional =
        #""error":{"code":-32602,"message":"Invalid params: use named parameters (an object), not a list","#
        + #""data":{"status":"INVALID_ARGUMENT","field":"params"}}}"#
    static let notAnObject =
        #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request: a request is an object","#
        + #""data":{"status":"INVALID_ARGUMENT"}}}"#

    @Test("rpc call with positional parameters")
    func positionalParameters() {
        var server = FakeServer()
        let answer = server.answer(#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#)
        #expect(answer == #"{"jsonrpc":"2.0","id":1,"# + SpecificationExamplesTests.positional)
    }

    @Test("rpc call with named parameters")
    func namedParameters() {
        var server = FakeServer()
        #expect(
            server.answer(
                #"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#
            ) == #"{"jsonrpc":"2.0","id":3,"result":19}"#
        )
        #expect(
            server.answer(
                #"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#
            ) == #"{"jsonrpc":"2.0","id":4,"result":19}"#
        )
    }

    @Test("a notification, known or unknown, is not answered")
    func notifications() {
        var server = FakeServer()
        #expect(server.answer(#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#) == nil)
        #expect(server.answer(#"{"jsonrpc": "2.0", "method": "foobar"}"#) == nil)
        #expect(server.answer(#"{"jsonrpc": "2.0", "method": "update", "params": {}}"#) == nil)
        #expect(server.calls == ["update"])
    }

    @Test("rpc call of a method that does not exist")
    func unknownMethod() {
        var server = FakeServer()
        #expect(
            server.answer(#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#)
                == #"{"jsonrpc":"2.0","id":"1","error":{"code":-32601,"message":"Method not found: foobar","#
                + #""data":{"status":"UNIMPLEMENTED"}}}"#
        )
    }

    @Test("rpc call with invalid JSON")
    func invalidJSON() {
        var server = FakeServer()
        #expect(
            server.answer(#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#)
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"#
                + #""Parse error: expected ',' or '}' at byte 39","data":{"status":"INVALID_ARGUMENT","offset":39}}}"#
        )
    }

    @Test("rpc call with an invalid Request object")
    func invalidRequest() {
        var server = FakeServer()
        #expect(
            server.answer(#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#)
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request: method must be a string","#
                + #""data":{"status":"INVALID_ARGUMENT"}}}"#
        )
    }

    @Test("rpc call batch, invalid JSON")
    func invalidBatchJSON() {
        var server = FakeServer()
        let answer = server.answer(
            #"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]"#
        )
        #expect(
            answer
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"#
                + #""Parse error: expected ':' after the member name at byte 94","#
                + #""data":{"status":"INVALID_ARGUMENT","offset":94}}}"#
        )
    }

    @Test("rpc call with an empty array")
    func emptyBatch() {
        var server = FakeServer()
        #expect(
            server.answer("[]")
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request: the batch is empty","#
                + #""data":{"status":"INVALID_ARGUMENT"}}}"#
        )
    }

    @Test("rpc call with an invalid batch, not empty", arguments: [("[1]", 1), ("[1,2,3]", 3)])
    func invalidBatch(_ line: String, _ count: Int) {
        var server = FakeServer()
        let errors = Array(repeating: SpecificationExamplesTests.notAnObject, count: count).joined(separator: ",")
        #expect(server.answer(line) == "[\(errors)]")
    }

    @Test("rpc call batch")
    func batch() {
        var server = FakeServer()
        let line =
            #"[{"jsonrpc": "2.0", "method": "subtract", "params": [1,2,4], "id": "1"},"#
            + #"{"jsonrpc": "2.0", "method": "notify_hello", "params": {"n": 7}},"#
            + #"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": "2"},"#
            + #"{"foo": "boo"},"#
            + #"{"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},"#
            + #"{"jsonrpc": "2.0", "method": "get_data", "id": "9"}]"#
        let expected =
            #"[{"jsonrpc":"2.0","id":"1","# + SpecificationExamplesTests.positional
            + #",{"jsonrpc":"2.0","id":"2","result":19},"#
            + #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request: jsonrpc must be \"2.0\"","#
            + #""data":{"status":"INVALID_ARGUMENT"}}},"#
            + #"{"jsonrpc":"2.0","id":"5","error":{"code":-32601,"message":"Method not found: foo.get","#
            + #""data":{"status":"UNIMPLEMENTED"}}},"#
            + #"{"jsonrpc":"2.0","id":"9","result":["hello",5]}]"#
        #expect(server.answer(line) == expected)
        #expect(server.calls == ["notify_hello", "subtract", "get_data"])
    }

    @Test("rpc call batch, all notifications")
    func batchOfNotifications() {
        var server = FakeServer()
        let line =
            #"[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},"#
            + #"{"jsonrpc": "2.0", "method": "notify_hello", "params": {"n": 7}}]"#
        #expect(server.answer(line) == nil)
        #expect(server.calls == ["notify_hello"])
    }
}
