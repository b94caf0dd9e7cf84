import EventSourcing
import Foundation
import LedgerServer
import LedgerService
import TestSupport
import Testing

/// Streams and subscriptions: catching up, going live, slow readers, filters.
@Suite struct StreamingTests {
    private static func record(
        _ count: Int,
        on socket: LineSocket,
        org: String = "acme",
        workspace: String = "support"
    ) throws {
        let call = #"{"resource":"/v60.0/sobjects/Contact/003HOtqA0aFoo9p"}"#
        let calls = Array(repeating: call, count: min(count, 1_000)).joined(separator: ",")
        for _ in 0..<(count + 999) / 1_000 {
            let answer = try socket.ask(
                #"{"method":"usage.record_batch","params":{"org":"\#(org)","workspace":"\#(workspace)","purpose":"inbox","calls":[\#(calls)]}}"#
            )
            #expect(answer.contains("\"recorded\""))
        }
    }

    /// Reads event lines until `last`, checking that positions follow each other; control lines are passed over.
    private static func follow(_ socket: LineSocket, from first: Int, through last: Int) throws {
        var expected = first
        while expected <= last {
            guard let line = try socket.readLine() else { throw LineSocket.Failure(description: "the stream ended") }
            guard line.hasPrefix("{\"position\":") else { continue }
            try #require(line.hasPrefix("{\"position\":\(expected),"), "expected position \(expected): \(line)")
            expected += 1
        }
    }

    @Test func catchesUpGoesLiveAndMissesNothing() async throws {
        try await withServer { server in
            let writer = try LineSocket(port: server.port)
            try StreamingTests.record(3_000, on: writer)
            let reader = try LineSocket(port: server.port)
            try reader.send(#"{"method":"events.stream","params":{"from":"start"}}"#)
            try StreamingTests.follow(reader, from: 1, through: 3_000)
            try StreamingTests.record(2_000, on: writer)
            try StreamingTests.follow(reader, from: 3_001, through: 5_000)
        }
    }

    @Test func aSlowReaderGoesBackToCatchingUpAndMissesNothing() async throws {
        try await withServer { server in
            let writer = try LineSocket(port: server.port)
            let reader = try LineSocket(port: server.port)
            try reader.send(#"{"method":"events.stream","params":{"from":1}}"#)
            // More than the memory for recent blocks and all buffers on the way hold; the reader takes nothing meanwhile.
            let count = 160_000
            try StreamingTests.record(count, on: writer)
            try StreamingTests.follow(reader, from: 1, through: count)
        }
    }

    @Test func resumesFromAPositionInTheMiddleOfABlock() async throws {
        try await withServer { server in
            try StreamingTests.record(1_000, on: try LineSocket(port: server.port))
            let reader = try LineSocket(port: server.port)
            try reader.send(#"{"method":"events.stream","params":{"from":678}}"#)
            try StreamingTests.follow(reader, from: 678, through: 1_000)
        }
    }

    @Test func filtersPassOnlyWhatWasAskedFor() async throws {
        let lines = try await withServer { server in
            let writer = try LineSocket(port: server.port)
            try StreamingTests.record(10, on: writer, workspace: "support")
            try StreamingTests.record(10, on: writer, workspace: "sales")
            let reader = try LineSocket(port: server.port)
            try reader.send(
                #"{"method":"events.stream","params":{"from":"start","org":"acme","workspace":"sales","type":"api."}}"#
            )
            var lines: [String] = []
            while let line = try reader.readLine(), !line.contains("caught_up") { lines.append(line) }
            return lines
        }
        #expect(lines.count == 11)
        #expect(lines.dropFirst().allSatisfy { $0.contains("\"workspace\":\"sales\"") })
    }

    /// The second server reads from the file what the first one wrote; blocks without what is asked for are passed over.
    @Test(arguments: [
        (#""org":"acme""#, [#""org":"acme""#]), (#""org":"nobody""#, [#""org":"nobody""#]),
        (#""org":"globex","workspace":"sales""#, [#""org":"globex""#, #""workspace":"sales""#]),
        (#""type":"org.""#, [#""type":"org."#]), (#""type":"later.""#, [#""type":"later."#]),
        (#""type":"org.","org":"globex""#, [#""type":"org."#, #""org":"globex""#]),
    ])
    func filtersMissNothingWhileCatchingUp(_ filter: String, _ parts: [String]) async throws {
        let directory = try TemporaryDirectory()
        let writing = try await LedgerServer.forTest(in: directory)
        try await onThread {
            let writer = try LineSocket(port: writing.port)
            for index in 0..<24 {
                let org = index % 5 == 0 ? "acme" : "globex"
                let workspace = index % 3 == 0 ? "sales" : "support"
                try StreamingTests.record(2, on: writer, org: org, workspace: workspace)
                guard index % 8 == 0 else { continue }
                _ = try writer.ask(
                    #"{"method":"org.configure","params":{"org":"\#(org)","allowance":\#(9_000 + index)}}"#
                )
            }
        }
        try await writing.shutdown()
        let reading = try await LedgerServer.forTest(in: directory)
        let head = reading.service.feed.head.position
        let (all, found) = try await onThread {
            try (StreamingTests.catchUp(reading, ""), StreamingTests.catchUp(reading, "," + filter))
        }
        #expect(found.lines == all.lines.filter { line in parts.allSatisfy { line.contains($0) } })
        #expect(found.caughtUp == #"{"control":"caught_up","position":\#(head)}"#)
        try await reading.shutdown()
    }

    /// The events from the start to the head, and the line that says that these were all.
    private static func catchUp(
        _ server: LedgerServer,
        _ filter: String
    ) throws -> (lines: [String], caughtUp: String) {
        let reader = try LineSocket(port: server.port)
        try reader.send(#"{"method":"events.stream","params":{"from":"start"\#(filter)}}"#)
        _ = try reader.readLine()
        var lines: [String] = []
        while let line = try reader.readLine() {
            if line.contains("\"control\"") { return (lines, line) }
            lines.append(line)
        }
        throw LineSocket.Failure(description: "the stream ended")
    }

    @Test func subscriptionsShareAConnectionWithRequests() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            _ = try socket.ask(#"{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"from":1}}"#)
            #expect(try socket.readLine()?.contains("caught_up") == true)
            try socket.send(
                #"{"jsonrpc":"2.0","id":2,"method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}}"#
            )
            let both = try [socket.readLine() ?? "", socket.readLine() ?? ""]
            #expect(both.contains { $0.hasPrefix(#"{"jsonrpc":"2.0","id":2,"result""#) })
            #expect(
                both.contains {
                    $0.hasPrefix(
                        #"{"jsonrpc":"2.0","method":"events.batch","params":{"subscription":1,"events":[{"position":1,"#
                    )
                }
            )
        }
    }

    @Test func aSubscriptionOutlivesHalfCloseAndIsLetGoWithItsConnection() async throws {
        try await withServer { server in
            let reader = try LineSocket(port: server.port)
            try reader.send(#"{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"from":1}}"#)
            reader.closeInput()
            #expect(try reader.readLine()?.hasPrefix(#"{"jsonrpc":"2.0","id":1,"result""#) == true)
            #expect(try reader.readLine()?.contains("caught_up") == true)
            let other = try LineSocket(port: server.port)
            try StreamingTests.record(1, on: other)
            #expect(try reader.readLine()?.contains(#""events":[{"position":1,"#) == true)
            reader.close()
            // The closed socket is noticed with the next writes to it.
            var stats = ""
            for _ in 0..<200 where !stats.contains(#""subscriptions":0"#) {
                try StreamingTests.record(1, on: other)
                stats = try other.ask(#"{"method":"server.stats"}"#)
            }
            #expect(stats.contains(#""subscriptions":0"#))
        }
    }

    @Test func whatFollowsAStreamRequestIsRefusedAlsoInTheSameWrite() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            let record = #"{"method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}}"#
            try socket.send(bytes: Array((#"{"method":"events.stream"}"# + "\n" + record + "\n").utf8))
            #expect(try socket.readLine()?.contains(#""control":"streaming""#) == true)
            let rest = try [socket.readLine() ?? "", socket.readLine() ?? ""]
            #expect(rest.contains { $0.contains("STREAMING") })
            #expect(server.service.feed.head.position == .beforeFirst)
        }
    }

    @Test func aStreamBeginsBehindTheAnswersToTheLinesBeforeIt() async throws {
        let lines = try await withServer { server in
            try StreamingTests.record(5_000, on: try LineSocket(port: server.port))
            let socket = try LineSocket(port: server.port)
            let slow = #"{"id":"slow","method":"projections.verify"}"#
            try socket.send(
                bytes: Array((slow + "\n" + #"{"method":"events.stream","params":{"from":1}}"# + "\n").utf8)
            )
            return try (0..<3).map { _ in try socket.readLine() ?? "" }
        }
        #expect(lines[0].hasPrefix(#"{"id":"slow","result""#))
        #expect(lines[1].hasPrefix(#"{"control":"streaming""#))
        #expect(lines[2].hasPrefix(#"{"position":1,"#))
    }

    @Test func shutdownEndsStreamsAndSaysWhy() async throws {
        let directory = try TemporaryDirectory()
        let server = try await LedgerServer.forTest(in: directory)
        let reader = try LineSocket(port: server.port)
        try reader.send(#"{"method":"events.stream"}"#)
        #expect(try await onThread { try reader.readLine() }?.contains("streaming") == true)
        try await server.shutdown()
        let rest = try await onThread { try reader.readToEnd() }
        #expect(rest.contains(#"{"control":"closing","reason":"the server is stopping"}"#))
    }

    /// What the control lines say is enough for `sha256sum` to follow the chain.
    @Test func blockLinesGiveWhatSha256sumNeeds() async throws {
        let directory = try TemporaryDirectory()
        let lines = try await withServer { server in
            try StreamingTests.record(5, on: try LineSocket(port: server.port))
            let reader = try LineSocket(port: server.port)
            try reader.send(#"{"method":"events.stream","params":{"from":"start","blocks":true}}"#)
            var lines: [String] = []
            while let line = try reader.readLine(), !line.contains("caught_up") { lines.append(line) }
            return lines
        }
        let events = lines.filter { $0.hasPrefix("{\"position\":") }.map { $0 + "\n" }.joined()
        try events.write(toFile: directory.file("lines"), atomically: true, encoding: .utf8)
        let previous = String(repeating: "0", count: 64)
        let hash = try await onThread { [path = directory.file("lines")] in
            try Shell.run("{ printf %s \(previous); cat \(path); } | sha256sum | cut -d' ' -f1")
        }
        #expect(lines.first?.contains("\"previous\":\"\(previous)\"") == true)
        #expect(lines.last?.contains("\"hash\":\"\(hash)\"") == true)
    }
}
