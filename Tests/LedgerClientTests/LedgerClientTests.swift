import LedgerClient
import LineJSON
import LineProtocol
import Testing

@Suite("Calls")
struct LedgerClientCallTests {
    @Test("Answers find their calls, in whatever order they come")
    func pipelining() async throws {
        // Every second answer is held back until the next request came.
        let held = HeldAnswers()
        let server = try await FakeServer { request in
            held.react(request, FakeServer.result(request, #"{"method":"\#(request.method)"}"#))
        }
        let client = try await LedgerClient.connect(to: server.address)
        let replies = try await withThrowingTaskGroup { group in
            for number in 0..<100 {
                group.addTask { (number, String(decoding: try await client.call("m\(number)").bytes, as: UTF8.self)) }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        for number in 0..<100 { #expect(replies[number] == #"{"method":"m\#(number)"}"#) }
        await client.close()
    }

    @Test("Parameters, deadline and token travel in the request")
    func request() async throws {
        let server = try await FakeServer { .result($0, "null") }
        let configuration = ClientConfiguration(token: "secret")
        let client = try await LedgerClient.connect(to: server.address, configuration: configuration)
        _ = try await client.call("org.get", deadline: .milliseconds(1_500)) { $0.member("org", "a") }
        let line = try #require(await server.requests.first { _ in true }).line
        #expect(
            line
                == #"{"jsonrpc":"2.0","id":1,"method":"org.get","params":{"org":"a"},"deadline_ms":1500,"token":"secret"}"#
        )
    }

    @Test("A token leaves this machine encrypted, or not at all")
    func tokenBeyondThisMachine() async throws {
        let server = try await FakeServer { .result($0, "null") }
        guard case .tcp(_, let port) = server.address else { preconditionFailure("a fake server listens on TCP") }
        // An address that does not say that it is this machine's, and is.
        let address = ServerAddress.tcp(host: "0.0.0.0", port: port)
        var configuration = ClientConfiguration(token: "secret")
        await #expect(throws: LedgerClientError.tokenUnprotected(address)) {
            try await LedgerClient.connect(to: address, configuration: configuration)
        }
        await #expect(throws: LedgerClientError.tokenUnprotected(address)) {
            try await withEventStream(to: address, EventStreamRequest(), configuration: configuration) { _ in }
        }
        // Without one there is nothing to be read.
        let nobody = try await LedgerClient.connect(to: address)
        _ = try await nobody.call("one")
        configuration.isInsecureAllowed = true
        let trusting = try await LedgerClient.connect(to: address, configuration: configuration)
        _ = try await trusting.call("two")
        for (method, isShown) in [("one", false), ("two", true)] {
            let request = try #require(await server.requests.first { _ in true })
            #expect(request.method == method && request.line.contains("secret") == isShown)
        }
        await nobody.close()
        await trusting.close()
    }

    @Test("A refusal is thrown as the RPCError it is")
    func refusal() async throws {
        let server = try await FakeServer { request in
            let error =
                #"{"code":9,"message":"busy","data":{"status":"FAILED_PRECONDITION","reason":"BULK_SYNC_ACTIVE"}}"#
            return .lines([#"{"jsonrpc":"2.0","id":\#(request.id),"error":\#(error)}"#])
        }
        let client = try await LedgerClient.connect(to: server.address)
        await #expect(throws: RPCError(.failedPrecondition, "busy", reason: "BULK_SYNC_ACTIVE")) {
            try await client.call("settings.update")
        }
    }

    @Test("Cancelling the task cancels the request; its late answer disturbs nobody")
    func cancellation() async throws {
        let held = HeldAnswers()
        let server = try await FakeServer { request in
            switch request.method {
            case "slow": held.keep(FakeServer.result(request, "1"))
            case "rpc.cancel": .lines(held.take() + [FakeServer.result(request, #"{"cancelled":false}"#)])
            default: .result(request, "2")
            }
        }
        let client = try await LedgerClient.connect(to: server.address)
        let slow = Task { try await client.call("slow") }
        var requests = server.requests.makeAsyncIterator()
        #expect(await requests.next()?.method == "slow")
        slow.cancel()
        await #expect(throws: CancellationError.self) { try await slow.value }
        let cancel = try #require(await requests.next())
        #expect(cancel.line.contains(#""method":"rpc.cancel","params":{"id":1}"#))
        #expect(try await client.call("next").bytes == Array("2".utf8))
    }

    @Test("A server that says nothing does not hold a call beyond its deadline")
    func silence() async throws {
        let server = try await FakeServer { _ in .silence }
        let configuration = ClientConfiguration(deadlineGrace: .zero)
        let client = try await LedgerClient.connect(to: server.address, configuration: configuration)
        let error = await #expect(throws: RPCError.self) {
            try await client.call("usage.get", deadline: .milliseconds(10))
        }
        #expect(error?.status == .deadlineExceeded)
        #expect(error?.reason == "NO_ANSWER")
    }

    @Test("One call more than the bound is refused")
    func bound() async throws {
        let server = try await FakeServer { _ in .silence }
        let configuration = ClientConfiguration(callsInFlightMax: 1)
        let client = try await LedgerClient.connect(to: server.address, configuration: configuration)
        let first = Task { try await client.call("a") }
        _ = await server.requests.first { _ in true }
        await #expect(throws: LedgerClientError.tooManyCalls(server.address, limit: 1)) { try await client.call("b") }
        await client.close()
        await #expect(throws: LedgerClientError.self) { try await first.value }
    }
}

@Suite("Connections")
struct LedgerClientConnectionTests {
    @Test("Nobody listens: the error says where, why and what to do")
    func refused() async throws {
        let address = try await unusedAddress()
        let expected = LedgerClientError.cannotConnect(address, reason: "connection refused")
        await #expect(throws: expected) { try await LedgerClient.connect(to: address) }
        #expect("\(expected)" == "cannot connect to \(address): connection refused; is `ledgerline serve` running?")
    }

    @Test("There is no such socket")
    func noSocket() async throws {
        let address = ServerAddress.unix(path: "/nonexistent/ledgerline.sock")
        await #expect(throws: LedgerClientError.cannotConnect(address, reason: "no such file or directory")) {
            try await LedgerClient.connect(to: address)
        }
    }

    @Test("A connection that is lost fails the calls that wait, and those that come later")
    func lost() async throws {
        let server = try await FakeServer { _ in .linesThenClose([]) }
        let client = try await LedgerClient.connect(to: server.address)
        let expected = LedgerClientError.connectionLost(server.address, reason: "the server closed it")
        await #expect(throws: expected) { try await client.call("a") }
        await #expect(throws: expected) { try await client.call("b") }
    }

    @Test(
        "Whatever is not the protocol ends the connection with a hint",
        arguments: [
            "HTTP/1.1 400 Bad Request", "[]", #"{"jsonrpc":"2.0","id":99,"result":1}"#,
            #"{"jsonrpc":"2.0","id":"x","result":1}"#, #"{"jsonrpc":"2.0","id":1}"#,
            #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#,
        ]
    )
    func nonsense(line: String) async throws {
        let server = try await FakeServer { _ in .lines([line]) }
        let client = try await LedgerClient.connect(to: server.address)
        let error = await #expect(throws: LedgerClientError.self) { try await client.call("a") }
        guard case .unexpectedAnswer = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// A port on which nobody listens any more.
    private func unusedAddress() async throws -> ServerAddress {
        let server = try await FakeServer { _ in .silence }
        let address = server.address
        try await server.stop()
        return address
    }
}
