import EventSourcing
import Foundation
import LedgerServer
import LedgerService
import TestSupport
import Testing

/// One connection over a real socket: framing, order, half-close, bounds.
@Suite struct ConnectionTests {
    private static let record =
        #"{"method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}}"#

    @Test func aRequestInOneByteWritesIsAnsweredOnce() async throws {
        let answer = try await withServer(clock: ManualClock()) { server in
            let socket = try LineSocket(port: server.port)
            for byte in Array((ConnectionTests.record + "\r\n").utf8) { try socket.send(bytes: [byte]) }
            socket.closeInput()
            return try socket.readToEnd()
        }
        #expect(answer == #"{"id":null,"result":{"position":1,"tier":"normal","duplicate":false}}"# + "\n")
    }

    @Test func halfCloseAnswersEverythingAskedIncludingALineWithoutEnd() async throws {
        let answers = try await withServer { server in
            let socket = try LineSocket(port: server.port)
            let lines = Array(repeating: ConnectionTests.record, count: 500).joined(separator: "\n")
            try socket.send(bytes: Array(lines.utf8))
            socket.closeInput()
            return try socket.readToEnd().split(separator: "\n")
        }
        #expect(answers.count == 500)
        for (index, answer) in answers.enumerated() { #expect(answer.contains("\"position\":\(index + 1),")) }
    }

    /// More than the sockets hold is left to send; the rest of the lines is taken as the client takes answers.
    @Test func halfCloseAnswersAClientThatReadsLate() async throws {
        let answers = try await withServer { server in
            let socket = try LineSocket(port: server.port)
            let request = #"{"method":"rpc.discover"}"# + "\n"
            try socket.send(bytes: Array(Array(repeating: request, count: 60).joined().utf8))
            socket.closeInput()
            let other = try LineSocket(port: server.port)
            while try !other.ask(#"{"method":"server.stats"}"#).contains(#""rpc.discover""#) {}
            return try socket.readToEnd().split(separator: "\n")
        }
        #expect(answers.count == 60)
        #expect(answers.allSatisfy { $0.hasSuffix("}}") })
    }

    @Test func netcatAnswersKeepTheOrderOfTheLinesAlsoPastSlowOnes() async throws {
        let answers = try await withServer { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(ConnectionTests.record)
            try socket.send(#"{"id":"slow","method":"log.verify"}"#)
            try socket.send(#"{"id":"fast","method":"server.ping"}"#)
            return try (0..<3).map { _ in try socket.readLine() ?? "" }
        }
        #expect(answers[0].contains("\"position\":1"))
        #expect(answers[1].hasPrefix(#"{"id":"slow""#))
        #expect(answers[2].hasPrefix(#"{"id":"fast""#))
    }

    @Test(
        arguments: [
            ("help", "usage.record"), ("help usage.record", "purpose"), ("help bulk_sync", "bulk_sync.start"),
            ("help lunch", "no such method"),
        ]
    )
    func helpNeedsNoJSON(_ line: String, _ expected: String) async throws {
        let answer = try await withServer { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(line)
            socket.closeInput()
            return try socket.readToEnd()
        }
        #expect(answer.contains(expected))
        #expect(!answer.contains("jsonrpc"))
    }

    @Test func anOverLongLineIsAnsweredOnceAndTheNextLineCounts() async throws {
        var limits = ServerLimits()
        limits.lineBytesMax = 200
        let answers = try await withServer(limits: limits) { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(String(repeating: "x", count: 100_000))
            try socket.send(ConnectionTests.record)
            socket.closeInput()
            return try socket.readToEnd().split(separator: "\n").map(String.init)
        }
        #expect(answers.count == 2)
        #expect(answers.first?.contains("-32600") == true)
        #expect(answers.last?.contains("\"position\":1") == true)
    }

    @Test func aClockThatWasPutBackIsTold() async throws {
        let clock = ManualClock()
        let answers = try await withServer(clock: clock) { server in
            let socket = try LineSocket(port: server.port)
            _ = try socket.ask(#"{"method":"usage.record","params":{"org":"a","workspace":"w","purpose":"inbox"}}"#)
            clock.now = clock.now - .hours(1)
            return try [
                socket.ask(#"{"method":"server.health"}"#),
                socket.ask(#"{"method":"server.stats"}"#),
            ]
        }
        #expect(answers[0] == #"{"id":null,"result":{"status":"SERVING","clock_behind_ms":3600000}}"#)
        #expect(answers[1].contains(#""clock_behind_ms":3600000,"#))
    }

    @Test func emptyLinesAndNulBytes() async throws {
        let answers = try await withServer { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(bytes: Array("\n \r\n".utf8) + [0, 0x0A] + [0xFF, 0xFE, 0x0A])
            try socket.send(#"{"id":1,"method":"server.health"}"#)
            socket.closeInput()
            return try socket.readToEnd().split(separator: "\n").map(String.init)
        }
        #expect(answers.count == 3)
        #expect(answers[0].contains("-32700") && answers[1].contains("-32700"))
        #expect(answers[2] == #"{"id":1,"result":{"status":"SERVING","clock_behind_ms":0}}"#)
    }

    @Test func aConnectionTooManyIsToldSoAndClosed() async throws {
        var limits = ServerLimits()
        limits.connectionsMax = 1
        let refusal = try await withServer(limits: limits) { server in
            let first = try LineSocket(port: server.port)
            _ = try first.ask(#"{"method":"server.ping"}"#)
            let refusal = try LineSocket(port: server.port).readToEnd()
            _ = try first.ask(#"{"method":"server.ping"}"#)
            return refusal
        }
        #expect(refusal.contains("RESOURCE_EXHAUSTED"))
    }

    @Test func clientsThatTakeNoAnswersDoNotHoldUpOthers() async throws {
        let answer = try await withServer { server in
            let lazy = try LineSocket(port: server.port, patience: 1)
            let many = Array(repeating: ConnectionTests.record, count: 2_000).joined(separator: "\n") + "\n"
            // Until the server leaves the rest unread and the sockets' buffers are full.
            for _ in 0..<200 { if (try? lazy.send(bytes: Array(many.utf8))) == nil { break } }
            return try LineSocket(port: server.port).ask(#"{"id":1,"method":"server.health"}"#)
        }
        #expect(answer == #"{"id":1,"result":{"status":"SERVING","clock_behind_ms":0}}"#)
    }

    @Test func aDeadlineThatPassesWhileWorkIsUnderWayIsAnsweredOnce() async throws {
        let answers = try await withServer { server in
            let socket = try LineSocket(port: server.port)
            for id in 1...20 {
                try socket.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"projections.verify","deadline_ms":1}"#)
            }
            try socket.send(#"{"jsonrpc":"2.0","id":21,"method":"server.ping","deadline_ms":60000}"#)
            socket.closeInput()
            return try socket.readToEnd().split(separator: "\n").map(String.init)
        }
        #expect(answers.count == 21)
        for id in 1...21 {
            let own = answers.filter { $0.contains("\"id\":\(id),") }
            #expect(own.count == 1)
            #expect(own.allSatisfy { $0.contains("result") || $0.contains("DEADLINE_EXCEEDED") })
        }
    }

    @Test func shutdownAnswersWhatWasAccepted() async throws {
        let directory = try TemporaryDirectory()
        let server = try await LedgerServer.forTest(in: directory)
        let socket = try LineSocket(port: server.port)
        let count = 2_000
        try await onThread {
            let lines = Array(repeating: ConnectionTests.record, count: count).joined(separator: "\n") + "\n"
            try socket.send(bytes: Array(lines.utf8))
            // The first answer shows that the server is at it; the rest is under way when it is stopped.
            _ = try socket.readLine()
        }
        try await server.shutdown()
        let answered = try await onThread {
            try socket.readToEnd().split(separator: "\n").filter { $0.contains("\"position\":") }.count + 1
        }

        let again = try await LedgerServer.forTest(in: directory)
        let head = again.service.feed.head.position
        try await again.shutdown()
        #expect(head.ordinal == Int64(answered))
    }
}
