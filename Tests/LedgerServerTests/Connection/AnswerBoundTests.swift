import EventSourcing
import Foundation
import LedgerService
import NIOCore
import NIOEmbedded
import NIOPosix
import QuotaDomain
import Synchronization
import TestSupport
import Testing

@testable import LedgerServer

/// What is answered where a bound is reached, over a real socket.
@Suite struct AnswerBoundTests {
    private static let record =
        #"{"method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}}"#

    @Test func overloadIsAnsweredAtOnceWithAHintAndNothingIsDone() async throws {
        var limits = ServerLimits()
        limits.backlog.requestsMax = 2
        try await withServer(limits: limits) { server in
            let hold = SequencerHold(server.service)
            let waiting = try LineSocket(port: server.port)
            try waiting.send(AnswerBoundTests.record)
            while server.service.backlog.requests < 2 { Thread.sleep(forTimeInterval: 0.001) }

            let shed = try LineSocket(port: server.port)
            for request in [
                AnswerBoundTests.record, #"{"method":"events.read"}"#, #"{"method":"org.list"}"#,
                #"{"method":"events.subscribe"}"#, #"{"method":"events.stream"}"#,
            ] {
                let answer = try shed.ask(request)
                #expect(
                    answer.contains(#""code":14,"#) && answer.contains(#""reason":"OVERLOADED","retry_after_ms":1000}"#)
                )
            }
            // What needs no work of the sequencer is answered, and a stream that was refused takes nothing over.
            #expect(try shed.ask(#"{"method":"server.health"}"#).contains("SERVING"))
            #expect(server.service.backlog.shed == 5)

            hold.letGo()
            #expect(try waiting.readLine()?.contains(#""position":1,"#) == true)
            #expect(try shed.ask(AnswerBoundTests.record).contains(#""position":2,"#))
            #expect(try shed.ask(#"{"method":"server.stats"}"#).contains(#""shed":5}"#))
        }
    }

    /// The first answer is held up, so all those behind it are held in memory: the rest is left unread, and the sockets fill.
    @Test func answersHeldBehindASlowOneAreBounded() async throws {
        try await withServer { server in
            let hold = SequencerHold(server.service)
            let socket = try LineSocket(port: server.port, patience: 1)
            try socket.send(AnswerBoundTests.record)
            // Far more than sockets hold. Such lines are answered at once.
            let wrong = Array(String(repeating: #"{"x":1}"# + "\n", count: 2 << 20).utf8)
            #expect(throws: LineSocket.Failure.self) { try socket.send(bytes: wrong) }
            hold.letGo()
            #expect(try socket.readLine()?.contains(#""position":1,"#) == true)
            #expect(try socket.readLine()?.contains("-32600") == true)
        }
    }

    @Test func aBatchWhoseAnswerIsTooLongIsAnsweredInPart() async throws {
        var limits = ServerLimits()
        limits.batchAnswerBytesMax = 1_000
        let answer = try await withServer(limits: limits) { server in
            let request = #"{"jsonrpc":"2.0","id":1,"method":"server.info"}"#
            let socket = try LineSocket(port: server.port)
            return try socket.ask("[" + Array(repeating: request, count: 20).joined(separator: ",") + "]")
        }
        let refused = answer.components(separatedBy: "BATCH_ANSWER_TOO_LONG").count - 1
        #expect((1..<20).contains(refused))
        #expect(answer.components(separatedBy: #"{"jsonrpc":"2.0","id":1,"#).count - 1 == 20)
    }

    /// What is refused so was not even looked at: no call is recorded, and nobody speaks for the connection.
    @Test func whatIsRefusedInABatchWasNotDone() async throws {
        var limits = ServerLimits()
        limits.batchAnswerBytesMax = 100
        try await withServer(limits: limits) { server in
            let requests = [
                #""method":"server.info""#, #""method":"auth","params":{"token":"ll_x"}"#,
                #""method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}"#,
            ]
            let batch = requests.map { #"{"jsonrpc":"2.0","id":1,\#($0)}"# }.joined(separator: ",")
            let socket = try LineSocket(port: server.port)
            let answer = try socket.ask("[\(batch)]")
            #expect(answer.components(separatedBy: "BATCH_ANSWER_TOO_LONG").count - 1 == 2)
            #expect(try socket.ask(AnswerBoundTests.record).contains(#""position":1,"#))
        }
    }

    /// Its place is free by the time the client can ask again.
    @Test func whatIsAnsweredWaitsNoMore() async throws {
        try await withServer { server in
            let service = server.service
            let question = Burst.Work.query { _, _ throws(Rejection) in [] }
            let waiting = Mutex<Int?>(nil)
            let answered = DispatchSemaphore(value: 0)
            service.submit(
                Burst(items: [Burst.Item(question), Burst.Item(question)]) { _ in
                    waiting.withLock { $0 = service.backlog.requests }
                    answered.signal()
                }
            )
            answered.wait()
            #expect(waiting.withLock { $0 } == 0)
        }
    }

    @Test func readersOfAllConnectionsAreBoundedAndRoomComesBack() async throws {
        var limits = ServerLimits()
        limits.readersMax = 2
        try await withServer(limits: limits) { server in
            let subscribe = #"{"method":"events.subscribe"}"#
            let first = try LineSocket(port: server.port)
            #expect(try first.ask(subscribe).contains(#""subscription":1"#))
            let second = try LineSocket(port: server.port)
            #expect(try second.ask(#"{"method":"events.stream"}"#).contains("streaming"))
            let third = try LineSocket(port: server.port)
            for request in [subscribe, #"{"method":"events.stream"}"#] {
                #expect(try third.ask(request).contains(#""reason":"READERS_MAX","max":2}"#))
            }
            second.close()
            while try third.ask(subscribe).contains("READERS_MAX") {}
        }
    }

    @Test func subscriptionsOfAConnectionAreBounded() async throws {
        var limits = ServerLimits()
        limits.subscriptionsMax = 1
        try await withServer(limits: limits) { server in
            let socket = try LineSocket(port: server.port)
            // One after the other: where a reader begins is looked up, and the second may be faster.
            #expect(try socket.ask(#"{"id":1,"method":"events.subscribe"}"#).contains(#""subscription":1"#))
            try socket.send(#"{"id":2,"method":"events.subscribe"}"#)
            var refusal = try #require(try socket.readLine())
            while !refusal.hasPrefix(#"{"id":2"#) { refusal = try #require(try socket.readLine()) }
            #expect(refusal.contains(#""reason":"SUBSCRIPTIONS_MAX","max":1}"#))
        }
    }

    @Test func workOnFilesThatWaitsIsBounded() async throws {
        let reading = FileReading(unfinishedMax: 2)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let mayGo = DispatchSemaphore(value: 0)
        let running = (0..<2).map { _ in reading.read(on: loop) { mayGo.wait() } }
        let overloaded = ServiceError.overloaded(retryAfter: .seconds(1))
        await #expect(throws: overloaded) {
            try await reading.read(on: loop) {}.get()
        }
        for _ in running { mayGo.signal() }
        for work in running { try await work.get() }
        // Its place is free a moment after its result is there.
        while (try? await reading.read(on: loop) {}.get()) == nil {}
    }

    @Test func pagesReadAheadAreBoundedTogether() {
        let ahead = ReadAhead()
        #expect(ahead.keep(60 << 20))
        #expect(!ahead.keep(5 << 20))
        #expect(ahead.keep(4 << 20))
        ahead.letGo(60 << 20)
        #expect(ahead.keep(5 << 20))
    }

    /// The client has sent far more than the server reads before it says so.
    @Test func whoSpeaksTLSToAPlainPortIsToldHoweverMuchItSent() async throws {
        let said = try await withServer { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(bytes: [0x16] + [UInt8](repeating: 0, count: 8 << 20))
            return try socket.readToEnd()
        }
        #expect(said.contains("NO_TLS"))
    }

    @Test func overTheBoundOnConnectionsOnlySoManyAreToldAtATime() throws {
        var limits = ServerLimits()
        limits.connectionsMax = 1
        let registry = ConnectionRegistry(limits)
        let channels = (0..<ConnectionRegistry.refusedMax + 2).map { _ in EmbeddedChannel() }
        let admissions = channels.map { registry.add($0) }
        #expect(admissions.first == .taken && admissions.last == .ignored)
        #expect(admissions.dropFirst().dropLast().allSatisfy { $0 == .refused })
        registry.remove(channels[1])
        #expect(registry.add(EmbeddedChannel()) == .refused)
        registry.remove(channels[0])
        #expect(registry.add(EmbeddedChannel()) == .taken)
    }
}
