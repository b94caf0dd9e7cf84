import EventSourcing
import Foundation
import LineJSON
import LineProtocol
import NIOCore
import TestSupport
import Testing

@testable import ledgerline

@Suite("What bench sends")
struct BenchRequestTests {
    private let callers = CallerWriter(orgs: 2, workspaces: 3)

    private func writer(_ kind: RequestKind, usesIDs: Bool = true, seed: UInt64) -> RequestWriter {
        RequestWriter(kind, callers: callers, calls: CallWriter(usesIDs: usesIDs), seed: seed)
    }

    private func lines(_ writer: RequestWriter, _ count: Int) -> [Substring] {
        var writer = writer
        var buffer = ByteBuffer()
        for id in 1...count { writer.write(id: Int64(id), to: &buffer) }
        return String(buffer: buffer).split(separator: "\n")
    }

    /// Parameters of requests, as Foundation reads them.
    private func params(_ lines: [Substring], method: String) throws -> [[String: Any]] {
        try lines.enumerated().map { index, line in
            let request = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(request?["jsonrpc"] as? String == "2.0")
            #expect(request?["id"] as? Int == index + 1)
            #expect(request?["method"] as? String == method)
            return try #require(request?["params"] as? [String: Any])
        }
    }

    @Test(
        "The same seed gives the same requests, another seed others",
        arguments: [RequestKind.record, .recordBatch(calls: 7)]
    )
    func seeds(kind: RequestKind) {
        var random = SeededRandom()
        let seed = random.next()
        #expect(lines(writer(kind, seed: seed), 100) == lines(writer(kind, seed: seed), 100))
        #expect(lines(writer(kind, seed: seed), 100) != lines(writer(kind, seed: seed &+ 1), 100))
    }

    @Test("Calls are as varied as those of a Salesforce event log file")
    func variety() throws {
        var random = SeededRandom()
        let count = 20_000
        let calls = try params(lines(writer(.record, seed: random.next()), count), method: "usage.record")
        func values(_ name: String) -> [String: Int] {
            calls.reduce(into: [:]) { $0["\($1[name] ?? "none")", default: 0] += 1 }
        }
        #expect(values("org").keys.sorted() == ["bench-1", "bench-2"])
        #expect(values("workspace").keys.sorted() == ["none", "workspace-1", "workspace-2", "workspace-3"])
        #expect(values("integration").count == 6)
        #expect(values("purpose").keys.sorted() == ["bulk_sync", "event_sync", "inbox", "other", "settings"])
        #expect(values("verb").keys.sorted() == ["GET", "HEAD", "OPTIONS", "POST"])
        #expect(values("status").count == 8)
        // One in six goes to a record of its own.
        #expect((count / 8...count / 5).contains(values("resource").count))
        #expect((count * 26 / 100...count * 30 / 100).contains(values("resource")["/v60.0/query"] ?? 0))
        #expect((count * 89 / 100...count * 93 / 100).contains(values("status")["200"] ?? 0))
        #expect(values("id").count == count)
        #expect(values("id").keys.allSatisfy { $0.count == 26 })
    }

    @Test("Records have ids of 15 or 18 characters")
    func recordIDs() throws {
        var random = SeededRandom()
        let resources = try params(lines(writer(.record, seed: random.next()), 2_000), method: "usage.record")
            .compactMap { ($0["resource"] as? String)?.split(separator: "/") }
            .filter { $0.count == 4 && $0[3] != "describe" }
        #expect(Set(resources.map { $0[2] }).count == 6)
        #expect(Set(resources.map { $0[3].count }) == [15, 18])
        #expect(resources.allSatisfy { $0[3].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
    }

    @Test("A batch holds so many calls, with or without ids", arguments: [true, false])
    func batches(usesIDs: Bool) throws {
        var random = SeededRandom()
        let writer = writer(.recordBatch(calls: 40), usesIDs: usesIDs, seed: random.next())
        for batch in try params(lines(writer, 50), method: "usage.record_batch") {
            let calls = try #require(batch["calls"] as? [[String: Any]])
            #expect(calls.count == 40)
            #expect(calls.allSatisfy { ($0["id"] != nil) == usesIDs && $0["resource"] != nil })
            #expect(batch["org"] != nil && batch["purpose"] != nil)
        }
    }

    @Test("Instants lie within the seconds asked for, on all their milliseconds")
    func instants() throws {
        var random = SeededRandom()
        let end = Timestamp(milliseconds: 1_795_284_000_500)
        let calls = CallWriter(usesIDs: false, instants: RandomInstants(seconds: 2, before: end))
        let writer = RequestWriter(.record, callers: callers, calls: calls, seed: random.next())
        let times = try params(lines(writer, 2_000), method: "usage.record").map { try #require($0["at"] as? String) }
        #expect(times.allSatisfy { $0 >= "2026-11-21T17:59:58.000Z" && $0 < "2026-11-21T18:00:00.000Z" })
        #expect(times.allSatisfy { Timestamp($0) != nil })
        #expect(Set(times).count > 1_000)
    }

    @Test("The bound of a line's length holds, and the longest batch fits into a line")
    func bounds() throws {
        var random = SeededRandom()
        for kind in [RequestKind.record, .recordBatch(calls: 100), .usage] {
            let writer = writer(kind, seed: random.next())
            #expect(lines(writer, 200).allSatisfy { $0.utf8.count < writer.lineBytesMax })
        }
        let calls = CallWriter(usesIDs: true, instants: RandomInstants(seconds: 1, before: Timestamp(milliseconds: 0)))
        let longest = RequestWriter(.recordBatch(calls: 5_000), callers: callers, calls: calls, seed: 0)
        #expect(longest.lineBytesMax <= LineFramer().lineBytesMax)
    }

    @Test("A weight's share of the draws is the weight's share of the sum")
    func weights() {
        let choice = WeightedChoice([1, 2, 1])
        let draws = (0..<UInt64(1_024)).map { bits in
            var bits = bits
            return choice.draw(&bits)
        }
        #expect((0..<3).map { index in draws.count { $0 == index } } == [256, 512, 256])
    }
}

@Suite("What bench takes for an answer")
struct BenchAnswerTests {
    private func answer(_ line: String) -> RecordedAnswer? {
        Array(line.utf8).withUnsafeBytes { RecordedAnswer($0) }
    }

    @Test("The usual answer is read byte by byte", arguments: [#""normal""#, #""bulk_paused""#, "null"])
    func usual(tier: String) {
        let line = #"{"jsonrpc":"2.0","id":12,"result":{"position":345,"tier":\#(tier),"duplicate":false}}"#
        #expect(answer(line)?.id == 12)
        #expect(answer(line)?.position == 345)
    }

    @Test(
        "Anything else is no usual answer",
        arguments: [
            "", "{", #"{"jsonrpc":"2.0","id":12"#, #"{"jsonrpc":"2.0","id":12,"error":{"code":9,"message":"x"}}"#,
            #"{"jsonrpc":"2.0","id":12,"result":{"position":345,"tier":"normal","duplicate":true}}"#,
            #"{"jsonrpc":"2.0","id":12,"result":{"position":345,"tier":"normal","duplicate":false}} "#,
            #"{"jsonrpc":"2.0","id":012,"result":{"position":345,"tier":"normal","duplicate":false}}"#,
            #"{"jsonrpc":"2.0","id":"12","result":{"position":345,"tier":"normal","duplicate":false}}"#,
            #"{"jsonrpc":"2.0","id":12,"result":{"position":-345,"tier":"normal","duplicate":false}}"#,
            #"{"jsonrpc":"2.0","id":12,"result":{"position":1234567890123456789,"tier":null,"duplicate":false}}"#,
            #"{"jsonrpc":"2.0","id":12,"result":{"position":345,"tier":"","duplicate":false}}"#,
        ]
    )
    func unusual(line: String) {
        #expect(answer(line) == nil)
    }

    @Test("What the quick reading accepts, the parser reads alike")
    func parsed() throws {
        var random = SeededRandom()
        let usual = Array(recorded(12, at: 345).dropLast().utf8)
        var decoder = ServerMessageDecoder()
        for _ in 0..<20_000 {
            var line = usual
            line[Int.random(in: 0..<line.count, using: &random)] = UInt8.random(in: 32..<127, using: &random)
            guard let answer = line.withUnsafeBytes({ RecordedAnswer($0) }) else { continue }
            try line.withUnsafeBytes { bytes in
                try decoder.withDecoded(bytes) { message in
                    guard case .result(let id, let value) = message else {
                        Issue.record("no result: \(String(decoding: bytes, as: UTF8.self))")
                        return
                    }
                    #expect(id.integer == answer.id)
                    #expect(value.integer("position") == answer.position)
                    #expect(value["duplicate"]?.bool == false)
                }
            }
        }
    }

    /// Sends so many requests, reads the answers and gives what was measured.
    private func measure(_ kind: RequestKind = .record, requests: Int, _ answers: String) -> LoadSlice {
        let writer = RequestWriter(
            kind,
            callers: CallerWriter(orgs: 1, workspaces: 1),
            calls: CallWriter(usesIDs: false),
            seed: 1
        )
        var load = ConnectionLoad(writer, inFlight: requests)
        var output = ByteBuffer()
        load.writeRequests(requests, to: &output, at: 100)
        var input = ByteBuffer(string: answers)
        load.read(&input, at: 150)
        return load.takeSlice()
    }

    private func recorded(_ id: Int, at position: Int, isDuplicate: Bool = false) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"result":{"position":\#(position),"tier":"normal","duplicate":\#(isDuplicate)}}"#
            + "\n"
    }

    @Test("Answers are counted and timed")
    func right() {
        let slice = measure(requests: 2, recorded(3, at: 7) + recorded(2, at: 8))
        #expect(slice.replies == 2)
        #expect(slice.badReplies == 0)
        #expect(slice.latencyMax == 50)
    }

    @Test("An answer that is laid out otherwise is right too")
    func otherLayout() {
        let line = #"{"id":1, "jsonrpc":"2.0", "result":{"duplicate":false,"position":9,"tier":null}}"#
        #expect(measure(requests: 1, line + "\n").replies == 1)
    }

    @Test("A position that came before, a duplicate, a refusal and an answer to nothing are wrong")
    func wrong() {
        let refusal = #"{"jsonrpc":"2.0","id":2,"error":{"code":14,"message":"x","data":{"status":"UNAVAILABLE"}}}"#
        let wrong = [
            recorded(2, at: 8) + recorded(3, at: 8), recorded(2, at: 8) + recorded(3, at: 7),
            recorded(2, at: 8) + recorded(3, at: 9, isDuplicate: true), recorded(2, at: 8) + recorded(2, at: 9),
            recorded(2, at: 8) + recorded(4, at: 9), recorded(3, at: 8) + refusal + "\n",
            recorded(2, at: 8) + "{}\n",
        ]
        for answers in wrong {
            let slice = measure(requests: 2, answers)
            #expect(slice.replies == 1, "\(answers)")
            #expect(slice.badReplies == 1, "\(answers)")
            #expect(slice.firstProblem != nil)
        }
    }

    @Test("A batch must be recorded as a whole", arguments: [(5, 0, 9), (4, 1, 9), (5, 0, 8)])
    func batch(recorded: Int, duplicates: Int, last: Int) {
        let line =
            #"{"jsonrpc":"2.0","id":1,"result":{"position":5,"last_position":\#(last),"recorded":\#(recorded),"#
            + #""duplicates":\#(duplicates),"tier":null}}"#
        let slice = measure(.recordBatch(calls: 5), requests: 1, line + "\n")
        #expect(slice.replies == (recorded == 5 && last == 9 ? 1 : 0))
        #expect(slice.badReplies == 1 - slice.replies)
    }

    @Test("Every id in flight is another one, and ends once", arguments: [1, 2, 3, 128, 129])
    func inFlight(count: Int) {
        var random = SeededRandom()
        var inFlight = InFlight(max: count)
        var waiting: Set<Int64> = []
        var seen: Set<Int64> = []
        for now in 1...1_000 as ClosedRange<UInt64> {
            while let id = inFlight.begin(at: now) {
                #expect(seen.insert(id).inserted)
                waiting.insert(id)
            }
            #expect(waiting.count == count)
            for id in Array(waiting).filter({ _ in Bool.random(using: &random) }) {
                #expect(inFlight.end(id) != nil)
                #expect(inFlight.end(id) == nil)
                waiting.remove(id)
            }
        }
        #expect(inFlight.end(-1) == nil)
        #expect(inFlight.end(.max) == nil)
    }
}

@Suite("Measuring")
struct BenchMeasuringTests {
    @Test("A pace gives out what is due, never more than may be sent")
    func pace() {
        var pace = RequestPace(rate: 1_000, begun: 1_000_000_000)
        #expect(pace.take(100, at: 1_000_000_000) == 0)
        #expect(pace.take(100, at: 1_010_000_000) == 10)
        #expect(pace.take(100, at: 1_010_000_000) == 0)
        #expect(pace.take(5, at: 1_020_000_000) == 5)
        #expect(pace.take(100, at: 1_020_000_000) == 5)
        #expect(pace.take(100, at: 0) == 0)
    }

    @Test("A pace keeps its beat, however late it was looked at")
    func beat() {
        let pace = RequestPace(rate: 1_000, begun: 500)
        #expect(pace.next(after: 0) == 500)
        #expect(pace.next(after: 500) == 500 + RequestPace.interval)
        #expect(pace.next(after: 501) == 500 + RequestPace.interval)
        #expect(pace.next(after: 499 + 3 * RequestPace.interval) == 500 + 3 * RequestPace.interval)
        #expect(pace.next(after: 500 + 3 * RequestPace.interval) == 500 + 4 * RequestPace.interval)
    }

    @Test("The slowest second is a whole one, where there is one")
    func slowest() {
        var series = LoadSeries()
        #expect(series.slowest == nil)
        series.add(LoadSeries.Second(length: 0.3, calls: 1, p99: 1))
        #expect(series.slowest?.calls == 1)
        series.add(LoadSeries.Second(length: 1, calls: 200, p99: 2))
        series.add(LoadSeries.Second(length: 1.02, calls: 100, p99: 3))
        #expect(series.slowest?.calls == 100)
    }

    @Test("Progress shows the last seconds and how long it goes on")
    func progress() {
        var series = LoadSeries()
        series.add(LoadSeries.Second(length: 1, calls: 100_000, p99: 1_000_000))
        let last = LoadSeries.Second(length: 1, calls: 200_000, p99: 2_500_000)
        series.add(last)
        #expect(
            BenchProgress.text(series, last, of: .seconds(10)) == "▄█ 200,000 calls/s, p99 2.5 ms, 2 of 10 s"
        )
    }

    private func line(_ text: String, _ counter: inout StreamLineCounter) throws -> Bool {
        try Array(text.utf8).withUnsafeBytes { try counter.take(.line($0)) }
    }

    @Test("A stream's events are counted until it caught up; a gap is found")
    func stream() throws {
        var counter = StreamLineCounter()
        #expect(try !line(#"{"control":"streaming","from":1,"head":2}"#, &counter))
        #expect(try !line(#"{"position":1,"time":"x"}"#, &counter))
        #expect(try !line(#"{"position":2,"time":"x"}"#, &counter))
        #expect(try line(#"{"control":"caught_up","position":2}"#, &counter))
        #expect(counter.events == 2)
        #expect(counter.bytes == 52)
        #expect(throws: CommandFailure.self) { try line(#"{"position":4,"time":"x"}"#, &counter) }
        #expect(throws: RPCError.self) {
            try line(#"{"id":1,"error":{"code":15,"message":"x","data":{"status":"DATA_LOSS"}}}"#, &counter)
        }
    }

    private func bench(_ server: TestServer, _ options: [String]) async throws -> [String: Any] {
        let process = try LedgerlineProcess(["bench", "--json", "--server", server.address] + options)
        let outcome = try await process.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
    }

    private let short = ["--connections", "2", "--in-flight", "8", "--seconds", "0.3", "--warm-up", "0.1"]

    @Test(
        "bench checks its replies and the log",
        arguments: [[], ["--no-ids", "--spread-hours", "23"], ["--batch", "50"], ["--reads", "2", "--rate", "500"]]
    )
    func recording(options: [String]) async throws {
        try await TestServer.with { server in
            let report = try await bench(server, short + options)
            let recorded = try #require(report["recorded"] as? Int)
            #expect(report["bad_replies"] as? Int == 0)
            #expect(recorded > 0)
            #expect(report["log_growth"] as? Int ?? 0 >= recorded)
            #expect((report["series"] as? [Any])?.count == 1)
            #expect((report["read_latency_ns"] != nil) == options.contains("--reads"))
        }
    }

    @Test("bench finds out that a seed's ids were recorded before")
    func repeatedSeed() async throws {
        try await TestServer.with { server in
            let arguments = ["bench", "--seed", "1", "--server", server.address] + short
            #expect(try await LedgerlineProcess(arguments).outcome().status == 0)
            let second = try await LedgerlineProcess(arguments).outcome()
            #expect(second.status == 1)
            #expect(second.errors.contains("bad replies, the first: "))
        }
    }

    @Test("bench --stream reads what is in the log")
    func streaming() async throws {
        try await TestServer.with { server in
            _ = try await bench(server, short)
            let head = try await server.call("server.info")["head"] as? [String: Any]
            let report = try await bench(server, ["--stream"])
            #expect(report["events"] as? Int == head?["position"] as? Int)
            #expect(report["bytes"] as? Int ?? 0 > 0)
        }
    }

    @Test("bench tells people the same")
    func people() async throws {
        try await TestServer.with { server in
            let outcome = try await LedgerlineProcess(["bench", "--server", server.address] + short).outcome()
            #expect(outcome.output.hasPrefix("usage.record, 2 connections × 8 in flight, 0."))
            #expect(outcome.output.contains(" s, with ids\n"))
            #expect(outcome.output.contains("calls/s, every reply durable and checked"))
            #expect(outcome.errors.isEmpty)
        }
    }
}
