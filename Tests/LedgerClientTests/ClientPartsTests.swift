import Testing

@testable import LedgerClient

@Suite("Server addresses")
struct ServerAddressTests {
    @Test(
        "What is written is what is read",
        arguments: [
            ("127.0.0.1:7411", .tcp(host: "127.0.0.1", port: 7411)), ("[::1]:80", .tcp(host: "::1", port: 80)),
            ("unix:/run/ledger.sock", .unix(path: "/run/ledger.sock")), ("unix:a:b", .unix(path: "a:b")),
        ] as [(String, ServerAddress)]
    )
    func reads(text: String, address: ServerAddress) {
        #expect(ServerAddress(text) == address)
        #expect(address.description == text)
    }

    @Test("The port may be left out", arguments: [("localhost", "localhost"), ("[::1]", "::1")])
    func defaultPort(text: String, host: String) {
        #expect(ServerAddress(text) == .tcp(host: host, port: 7411))
    }

    @Test(
        "Anything else is none",
        arguments: ["", ":1", "a:", "a:0", "a:65536", "a:x", "a:1:2", "::1", "[::1", "[]:1", "[::1]x", "unix:"]
    )
    func refuses(text: String) {
        #expect(ServerAddress(text) == nil)
    }
}

@Suite("Call table")
struct CallTableTests {
    @Test("An abandoned call's answer is expected once")
    func abandoned() {
        var table = CallTable<String>()
        table.add(1, "one")
        #expect(table.abandon(1) == "one")
        #expect(table.abandon(1) == nil)
        #expect(table.count == 1)
        guard case .abandoned = table.answer(1) else {
            Issue.record("the answer is unexpected")
            return
        }
        guard case .unknown = table.answer(1) else {
            Issue.record("a second answer is expected")
            return
        }
    }

    @Test("The end of the connection concerns those who wait")
    func removeAll() {
        var table = CallTable<String>()
        table.add(1, "one")
        table.add(2, "two")
        table.addAbandoned(3)
        _ = table.abandon(1)
        #expect(table.removeAll() == ["two"])
        #expect(table.count == 0)
    }
}

@Suite("Resume point")
struct ResumePointTests {
    private func event(_ position: Int64) -> StreamLine { .event(EventLine(position: position, bytes: [])) }

    private func control(_ name: String, _ position: Int64?) -> StreamLine {
        .control(ControlLine(name: name, position: position, bytes: []))
    }

    private func isNew(_ line: StreamLine, _ point: inout ResumePoint) -> Bool { point.take(line) }

    @Test("Nothing was seen: the request stays what it was")
    func untouched() {
        let request = EventStreamRequest(from: .time("2026-11-21T00:00:00Z"), org: "a")
        #expect(ResumePoint(request).resumed == request)
    }

    @Test("A stream from the end goes on where that end was, also before its first event")
    func fromEnd() {
        var point = ResumePoint(EventStreamRequest(from: .end))
        #expect(isNew(control("streaming", 43), &point))
        #expect(point.resumed.from == .position(43))
    }

    @Test("Events move it on; a heartbeat, which tells the head, does not")
    func moves() {
        var point = ResumePoint(EventStreamRequest(from: .start))
        #expect(isNew(event(7), &point))
        #expect(isNew(control("heartbeat", 100), &point))
        #expect(point.next == 8)
        #expect(!isNew(event(7), &point))
        #expect(isNew(control("caught_up", 12), &point))
        #expect(point.next == 13)
        #expect(isNew(control("caught_up", 3), &point))
        #expect(point.next == 13)
    }
}

@Suite("Backoff")
struct BackoffTests {
    /// Draws the longest wait always.
    private struct Highest: RandomNumberGenerator {
        func next() -> UInt64 { .max }
    }

    @Test("Waits double up to the longest, and begin anew")
    func doubles() {
        var backoff = Backoff(first: .milliseconds(100), longest: .milliseconds(500))
        var random = Highest()
        func waits() -> [Int64] {
            (0..<5).map { _ in
                let wait = backoff.afterFailure(using: &random)
                return Int64((wait / .milliseconds(1)).rounded())
            }
        }
        #expect(waits() == [100, 200, 400, 500, 500])
        backoff.reset()
        #expect(waits().first == 100)
    }
}
