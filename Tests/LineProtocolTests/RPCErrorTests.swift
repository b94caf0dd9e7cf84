import LineJSON
import LineProtocol
import Testing

@Suite("Errors on the wire")
struct RPCErrorTests {
    static let encodings: [(RPCError, String)] = [
        (
            RPCError(.failedPrecondition, "a bulk sync is active", reason: "BULK_SYNC_ACTIVE")
                .with("sync", 7).with("impact", "it will \"stop\""),
            #"{"code":9,"message":"a bulk sync is active","data":{"status":"FAILED_PRECONDITION","reason":"BULK_SYNC_ACTIVE","#
                + #""sync":7,"impact":"it will \"stop\""}}"#
        ),
        (RPCError(.notFound, "no such org"), #"{"code":5,"message":"no such org","data":{"status":"NOT_FOUND"}}"#),
        (
            RPCError(.outOfRange, "too old", reason: "BEFORE_HORIZON", field: "at"),
            #"{"code":11,"message":"too old","data":{"status":"OUT_OF_RANGE","reason":"BEFORE_HORIZON","field":"at"}}"#
        ),
        (
            .invalidParams("org is missing", field: "org"),
            #"{"code":-32602,"message":"Invalid params: org is missing","data":{"status":"INVALID_ARGUMENT","field":"org"}}"#
        ),
        (
            .methodNotFound("a.b"),
            #"{"code":-32601,"message":"Method not found: a.b","data":{"status":"UNIMPLEMENTED"}}"#
        ),
        (
            .invalidRequest("no"),
            #"{"code":-32600,"message":"Invalid Request: no","data":{"status":"INVALID_ARGUMENT"}}"#
        ),
        (
            .parseError(JSONError(offset: 3, reason: .leadingZero)),
            #"{"code":-32700,"message":"Parse error: a number must not begin with a needless 0 at byte 3","#
                + #""data":{"status":"INVALID_ARGUMENT","offset":3}}"#
        ),
        (
            .lineTooLong(byteLimit: 1_048_576),
            #"{"code":-32600,"message":"Invalid Request: the line is longer than 1048576 bytes","#
                + #""data":{"status":"INVALID_ARGUMENT","reason":"LINE_TOO_LONG","line_bytes_max":1048576}}"#
        ),
        (
            .internalError("disk full"),
            #"{"code":-32603,"message":"Internal error: disk full","data":{"status":"INTERNAL"}}"#
        ),
    ]

    @Test("encodes byte for byte, and decodes to the same error", arguments: encodings)
    func encoding(_ error: RPCError, _ expected: String) throws {
        var writer = JSONWriter()
        writer.value(error)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        var tape = JSONTape()
        #expect(try tape.withParsed(writer.bytes) { view in RPCError(view) } == error)
    }

    @Test("answers carry jsonrpc where the request did")
    func answers() {
        var writer = JSONWriter()
        writer.answer(ReplyHeader(dialect: .jsonRPC, id: RequestID(7)), error: RPCError(.aborted, "again"))
        writer.endLine()
        writer.answer(ReplyHeader(dialect: .netcat, id: .null), error: RPCError(.aborted, "again"))
        writer.endLine()
        writer.answer(ReplyHeader(dialect: .netcat, id: RequestID(8))) { result in
            result.object { $0.member("position", 42) }
        }
        writer.endLine()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == """
                {"jsonrpc":"2.0","id":7,"error":{"code":10,"message":"again","data":{"status":"ABORTED"}}}
                {"id":null,"error":{"code":10,"message":"again","data":{"status":"ABORTED"}}}
                {"id":8,"result":{"position":42}}

                """
        )
    }

    @Test(
        "reads errors of servers that send no data",
        arguments: [
            (-32_700, .invalidArgument), (-32_601, .unimplemented), (-32_603, .internal), (5, .notFound),
            (-32_000, .unknown),
            (99, .unknown),
        ] as [(Int, StatusCode)]
    )
    func foreignErrors(_ code: Int, _ status: StatusCode) throws {
        var tape = JSONTape()
        let error = try tape.withParsed(Array("{\"code\":\(code),\"message\":\"m\"}".utf8)) { view in RPCError(view) }
        #expect(error?.code == code)
        #expect(error?.status == status)
    }

    @Test("status codes are gRPC's, by number and by name")
    func statusCodes() {
        #expect(StatusCode.allCases.map(\.number) == Array(0...16))
        #expect(StatusCode.ok.description == "OK")
        #expect(StatusCode.failedPrecondition.number == 9)
        #expect(StatusCode.unauthenticated.description == "UNAUTHENTICATED")
        for status in StatusCode.allCases {
            #expect(StatusCode(number: status.number) == status)
            #expect(StatusCode(name: status.description) == status)
        }
        #expect(StatusCode(number: 17) == nil)
        #expect(StatusCode(number: -1) == nil)
        #expect(StatusCode(name: "ok") == nil)
    }
}
