import EventSourcing
import LineJSON
import QuotaDomain
import TestSupport
import Testing

@testable import LedgerService

/// Reading calls by their layout says what reading them as JSON says.
@Suite struct CountedLineTests {
    @Test func bothWaysOfReadingSayTheSame() throws {
        var random = SeededRandom()
        var lines = RandomCallLines(random: random)
        for _ in 0..<5_000 {
            let line = try lines.next()
            #expect(try readByLayout(line) == readAsJSON(line), "\(String(decoding: line, as: UTF8.self))")
        }
        // Behind anything that was changed, the layout is not recognised, or still says what JSON says.
        for _ in 0..<20_000 {
            var line = try lines.next()
            damage(&line, using: &random)
            guard let expected = try? readAsJSON(line), let read = readByLayout(line) else { continue }
            #expect(read == expected, "\(String(decoding: line, as: UTF8.self))")
        }
    }

    @Test(arguments: [
        #"{"time":"2026-11-21T10:00:00.000Z","position":1,"type":"api.called","org":"a","data":{"calls":1}}"#,
        #"{"position":1,"time":"2026-11-21T10:00:00.000Z","type":"api.called","org":"a","data":{}}"#,
        #"{"position":1, "time":"2026-11-21T10:00:00.000Z","type":"api.called","org":"a","data":{"calls":3}}"#,
        #"{"position":1,"time":"2026-11-21T10:00:00Z","type":"api.called","org":"a","data":{"purpose":"other","calls":3}}"#,
        #"{"position":1,"time":"2026-11-21T10:00:00.000Z","type":"api.called","org":"a","#
            + #""data":{"purpose":"inbox","calls":1,"new":[1]}}"#,
        #"{"position":1,"time":"2026-11-21T10:00:00.000Z","type":"api.called","org":"a","#
            + #""data":{"purpose":"inbox","calls":1,"status":200,"verb":"GET"}}"#,
    ])
    func otherLayoutsAreReadAsJSON(line: String) throws {
        let line = Array((line + "\n").utf8)
        #expect(readByLayout(line) == nil)
        let block = Block(first: LogPosition(1), count: 1, timeFirst: time, timeLast: time, lines: line)
        var reader = CountedLineReader()
        var calls: [ReadCall] = []
        try reader.forEachLine(of: block) { line in
            if case .call(let call) = line { calls.append(ReadCall(call)) }
        }
        #expect(try calls == [readAsJSON(line)])
    }

    @Test func timesOfManyDays() {
        var random = SeededRandom()
        var times = TimeTexts()
        for _ in 0..<10_000 {
            let time = Timestamp(milliseconds: .random(in: -62_135_596_800_000...253_402_300_799_999, using: &random))
            let near = Timestamp(milliseconds: 1_795_000_000_000 + .random(in: 0...200_000_000, using: &random))
            for time in [time, near] {
                let read = Array(time.description.utf8).withUnsafeBytes { times.time($0.baseAddress!) }
                #expect(read == time)
            }
        }
        for text in ["2026-11-21T24:00:00.000Z", "2026-13-21T10:00:00.000Z", "2026-11-21t10:00:00.000Z"] {
            #expect(Array(text.utf8).withUnsafeBytes { times.time($0.baseAddress!) } == nil)
        }
    }

    private let time = Timestamp("2026-11-21T10:00:00.000Z")!

    private func readByLayout(_ line: [UInt8]) -> ReadCall? {
        var times = TimeTexts()
        return line.withUnsafeBytes { bytes in
            var cursor = LineCursor(bytes, at: 0)
            guard let call = LoggedCall(&cursor, times: &times), cursor.offset == bytes.count else { return nil }
            return ReadCall(call)
        }
    }

    private func readAsJSON(_ line: [UInt8]) throws -> ReadCall? {
        var reader = LogLineReader()
        return try line.dropLast().withUnsafeBytes { bytes in
            try reader.withLine(bytes) { line in LoggedCall(line).map(ReadCall.init) }
        }
    }

    private func damage(_ line: inout [UInt8], using random: inout SeededRandom) {
        let index = Int.random(in: 0..<line.count - 1, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: line[index] = #"0a"\{}:, "#.utf8.randomElement(using: &random)!
        case 1: line.remove(at: index)
        default: line.insert(contentsOf: line[index...].prefix(Int.random(in: 1...12, using: &random)), at: index)
        }
    }
}

/// A `LoggedCall` that outlives its line.
private struct ReadCall: Equatable {
    var position: LogPosition
    var texts: [[UInt8]?]
    var numbers: [Int64]
    var counted: Bool
    var effective: Timestamp

    init(_ call: LoggedCall) {
        position = call.position
        texts = [call.org, call.workspace, call.purpose, call.integration, call.verb, call.resource].map { text in
            text.isMissing ? nil : text.withText { Array($0) }
        }
        numbers = [call.calls, call.status]
        (counted, effective) = (call.counted, call.effective)
    }
}

/// Lines as the sequencer writes them, of calls that say more or less.
private struct RandomCallLines {
    var random: SeededRandom
    private var position: Int64 = 1
    private static let pieces = [
        "a", "acme", "\"", "\\", "\n", "é", "\u{1F600}", "{", "}", ",", ":", "/", "\u{1}", " ",
    ]

    init(random: SeededRandom) {
        self.random = random
    }

    mutating func next() throws -> [UInt8] {
        position += .random(in: 1...1_000_000, using: &random)
        let time = Timestamp(milliseconds: .random(in: 1_790_000_000_000...1_800_000_000_000, using: &random))
        var call = Call(
            org: text(),
            workspace: maybe { $0.text() },
            integration: maybe { $0.text() },
            purpose: Purpose.allCases.randomElement(using: &random)!,
            calls: .random(in: 1...1_000_000, using: &random),
            at: maybe { time + TimeSpan(milliseconds: .random(in: -90_000_000...5_000, using: &$0.random)) },
            counted: .random(using: &random),
            imported: .random(using: &random)
        )
        let data = try data(of: &call)
        var line = CallLine()
        line.setTime(time)
        var bytes: [UInt8] = []
        let names = EventWriter.lineNames(of: call.caller)
        line.append(position: LogPosition(position), names: names, data: data[...], to: &bytes)
        return bytes
    }

    /// As the request said it: escaped in one way or another.
    private mutating func data(of call: inout Call) throws -> [UInt8] {
        var request = JSONWriter()
        request.object { request in
            if let verb = maybe({ $0.text() }) { request.member("verb", verb) }
            if let resource = maybe({ $0.text() }) { request.member("resource", resource) }
            if let status = maybe({ Int64.random(in: 100...599, using: &$0.random) }) {
                request.member("status", status)
            }
            if let id = maybe({ $0.text() }) { request.member("id", id) }
        }
        var tape = JSONTape()
        var writer = JSONWriter()
        try tape.withParsed(request.bytes) { view in
            let details = CallDetails(
                verb: view["verb"],
                resource: view["resource"],
                status: view["status"]?.integer,
                id: view["id"]
            )
            CallData.append(&call.facts, from: CallOrigin(call.caller), details: details, to: &writer)
        }
        return writer.bytes
    }

    private mutating func text() -> String {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in RandomCallLines.pieces.randomElement(using: &random)! }
            .joined()
    }

    private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? {
        Bool.random(using: &random) ? make(&self) : nil
    }
}
