import EventSourcing
import Foundation
import LedgerServer
import TestSupport
import Testing

/// Connections that take up room for nothing, over a real socket. Each test waits for what is to come; how long it takes is
/// for `ConnectionWatchTests`.
@Suite struct TimeoutTests {
    private static let stats = #"{"method":"server.stats"}"#

    private func limits(_ set: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        set(&limits)
        return limits
    }

    @Test func whoAsksNothingIsToldAndClosed() async throws {
        let short = limits { $0.idleTimeout = TimeSpan(milliseconds: 40) }
        let said = try await withServer(limits: short) { server in
            let socket = try LineSocket(port: server.port)
            let first = try socket.ask(#"{"id":1,"method":"server.ping"}"#)
            return try (first, socket.readToEnd())
        }
        #expect(said.0.hasPrefix(#"{"id":1,"result""#))
        #expect(said.1.contains(#""status":"UNAVAILABLE","reason":"IDLE_TIMEOUT""#))
        #expect(said.1.split(separator: "\n").count == 1)
    }

    @Test func aLineThatDoesNotEndIsToldSoAfterWhatWasAskedBefore() async throws {
        let short = limits { $0.lineTimeout = TimeSpan(milliseconds: 40) }
        let said = try await withServer(limits: short) { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(#"{"id":1,"method":"server.ping"}"#)
            try socket.send(bytes: Array(#"{"id":2,"method":"server.pi"#.utf8))
            return try socket.readToEnd().split(separator: "\n").map(String.init)
        }
        #expect(said.count == 2)
        #expect(said.first?.hasPrefix(#"{"id":1,"result""#) == true)
        #expect(said.last?.contains(#""status":"DEADLINE_EXCEEDED","reason":"LINE_TIMEOUT""#) == true)
    }

    /// What was asked before is under way for longer than many looks: it is told once, and answered.
    @Test func aLineThatDoesNotEndIsToldOnceWhileMuchIsUnderWay() async throws {
        let short = limits { $0.lineTimeout = TimeSpan(milliseconds: 40) }
        let said = try await withServer(limits: short) { server in
            let hold = SequencerHold(server.service)
            let socket = try LineSocket(port: server.port)
            try socket.send(#"{"id":1,"method":"org.list"}"#)
            try socket.send(bytes: Array(#"{"id":2,"method":"server.pi"#.utf8))
            // As many looks later as a line may take, again and again.
            for _ in 1...3 {
                let other = try LineSocket(port: server.port)
                try other.send(bytes: Array("{".utf8))
                _ = try other.readToEnd()
            }
            hold.letGo()
            return try socket.readToEnd().split(separator: "\n").map(String.init)
        }
        #expect(said.count == 2)
        #expect(said.count { $0.contains("LINE_TIMEOUT") } == 1 && said.count { $0.contains(#""orgs":[]"#) } == 1)
    }

    @Test func anOverLongLineThatDoesNotEndIsAnOpenLineToo() async throws {
        let short = limits {
            $0.lineTimeout = TimeSpan(milliseconds: 40)
            $0.lineBytesMax = 100
        }
        let said = try await withServer(limits: short) { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 1_000))
            return try socket.readToEnd().split(separator: "\n").map(String.init)
        }
        #expect(said.count == 2)
        #expect(said.first?.contains("LINE_TOO_LONG") == true && said.last?.contains("LINE_TIMEOUT") == true)
    }

    /// Its own heartbeats are not what keeps it: it is never idle while it streams.
    @Test func streamsAndSubscriptionsAreNotIdle() async throws {
        let short = limits { $0.idleTimeout = TimeSpan(milliseconds: 40) }
        try await withServer(limits: short) { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(#"{"id":1,"method":"events.subscribe","params":{"heartbeat_ms":100}}"#)
            var heartbeats = 0
            while heartbeats < 5 {
                let line = try #require(try socket.readLine())
                if line.contains("heartbeat") { heartbeats += 1 }
            }
            // Once it has ended, it is.
            let answer = try socket.ask(#"{"id":2,"method":"events.unsubscribe","params":{"subscription":1}}"#)
            #expect(answer.contains(#""unsubscribed":true"#))
            #expect(try socket.readToEnd().contains("IDLE_TIMEOUT"))
        }
    }

    @Test func whoTakesNothingIsClosedAndCounted() async throws {
        let short = limits { $0.unreadTimeout = TimeSpan(milliseconds: 40) }
        try await withServer(limits: short) { server in
            let lazy = try LineSocket(port: server.port)
            let request = #"{"method":"rpc.discover"}"# + "\n"
            try lazy.send(bytes: Array(Array(repeating: request, count: 200).joined().utf8))
            let other = try LineSocket(port: server.port)
            while try !other.ask(TimeoutTests.stats).contains(#""closed":{"UNREAD_TIMEOUT":1}"#) {}
            while try !other.ask(TimeoutTests.stats).contains(#""connections":1,"#) {}
        }
    }

    @Test func everyReasonIsCounted() async throws {
        let short = limits {
            $0.idleTimeout = TimeSpan(milliseconds: 200)
            $0.connectionsMax = 1
        }
        try await withServer(limits: short) { server in
            let first = try LineSocket(port: server.port)
            _ = try first.ask(#"{"method":"server.ping"}"#)
            #expect(try LineSocket(port: server.port).readToEnd().contains("CONNECTIONS_MAX"))
            _ = try first.readToEnd()
            first.close()
            var stats = ""
            // Until the first connection has left its place.
            while !stats.contains(#""result""#) {
                let socket = try LineSocket(port: server.port)
                stats = (try? socket.ask(TimeoutTests.stats)) ?? ""
            }
            #expect(stats.contains(#""IDLE_TIMEOUT":1"#) && stats.contains(#""CONNECTIONS_MAX":"#))
        }
    }
}
