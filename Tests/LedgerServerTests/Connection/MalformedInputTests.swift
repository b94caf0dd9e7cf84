import EventSourcing
import Foundation
import LedgerServer
import LedgerService
import TestSupport
import Testing

/// Good and bad lines in any mixture and any pieces, over a real socket: one answer a line, in the promised order, and the
/// connection is as good as before.
@Suite struct MalformedInputTests {
    private static let lineBytesMax = 4_096
    private static let linesInAScript = 300

    private static var limits: ServerLimits {
        var limits = ServerLimits()
        limits.lineBytesMax = lineBytesMax
        return limits
    }

    /// How bytes are cut into writes.
    enum Pieces: CaseIterable {
        case single, small, whole

        func size(_ random: inout SeededRandom) -> Int {
            switch self {
            case .single: 1
            case .small: .random(in: 1...200, using: &random)
            case .whole: .max
            }
        }
    }

    @Test(arguments: Pieces.allCases)
    func everyLineIsAnsweredOnceInOrder(_ pieces: Pieces) async throws {
        var random = SeededRandom()
        let (script, recorded) = MalformedInputTests.script(&random)
        var bytes = Array(script.lines.map { $0.bytes + ending(&random) }.joined())
        let usable = #"{"id":"usable","method":"server.health"}"#
        // The last line has no end.
        bytes += Array(usable.utf8)
        let cuts = MalformedInputTests.cut(bytes, pieces, &random)

        let (answers, head) = try await withServer(limits: MalformedInputTests.limits) { server in
            let socket = try LineSocket(port: server.port)
            for piece in cuts { try socket.send(bytes: piece) }
            socket.closeInput()
            let answers = try socket.readToEnd().split(separator: "\n").map(String.init)
            return (answers, server.service.feed.head.position)
        }
        let isLast = #"{"id":"usable","result":{"status":"SERVING","clock_behind_ms":0}}"#
        #expect(answers.contains(isLast))
        let faults = script.faults(of: answers.filter { $0 != isLast })
        #expect(faults.isEmpty, "\(faults.prefix(5).joined(separator: "\n"))")
        #expect(head == LogPosition(Int64(recorded)))
    }

    /// Cut anywhere, by an end of the input or a reset: what was whole counts, what was not never does, and the server goes on.
    @Test(arguments: [false, true])
    func linesCutByTheEndOfTheConnection(byReset: Bool) async throws {
        let random = SeededRandom()
        try await withServer(limits: MalformedInputTests.limits) { [random] server in
            var random = random
            var sent = 0
            for _ in 0..<40 {
                let before = server.service.feed.head.position.ordinal
                let whole = Int.random(in: 0...3, using: &random)
                sent += whole
                let line = Array(MalformedInputTests.record(id: nil).utf8)
                let cut = Int.random(in: 1..<line.count, using: &random)
                let socket = try LineSocket(port: server.port)
                try socket.send(bytes: Array(Array(repeating: line + [0x0A], count: whole).joined()) + line[..<cut])
                if byReset {
                    socket.reset()
                    // What was whole may be carried out at any time now, or never.
                    #expect(try LineSocket(port: server.port).ask(#"{"method":"server.health"}"#).contains("SERVING"))
                    #expect(server.service.feed.head.position.ordinal <= Int64(sent))
                } else {
                    socket.closeInput()
                    let answers = try socket.readToEnd().split(separator: "\n")
                    #expect(answers.count == whole + 1)
                    // It may overtake the answers to what has to be on disk first.
                    #expect(answers.count { $0.contains("-32700") } == 1)
                    #expect(server.service.feed.head.position.ordinal == before + Int64(whole))
                }
            }
            let socket = try LineSocket(port: server.port)
            while try !socket.ask(#"{"method":"server.stats"}"#).contains(#""connections":1,"#) {}
        }
    }

    /// The check of the answers, checked: each of these is what a server that breaks the promise would give.
    @Test func theCheckNoticesWhatIsWrong() {
        var script = AnswerScript()
        script.add(.init("a", .inOrder(id: "1", with: "")))
        script.add(.init("b", .inOrder(id: "2", with: "")))
        script.add(.init("c", .byID(#""j1""#, with: "")))
        script.add(.init("d", .byID(#""j2""#, with: #""result""#)))
        script.add(.init("e", .unreadable(with: #""error":{"code":-32700"#)))
        script.add(.init("f", .unreadable(with: #""error":{"code":-32600"#)))
        script.add(.init("g", .none))
        let good = [
            #"{"id":1,"result":1}"#, #"{"id":2,"result":2}"#, #"{"jsonrpc":"2.0","id":"j2","result":4}"#,
            #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700}}"#, #"{"jsonrpc":"2.0","id":"j1","result":3}"#,
            #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600}}"#,
        ]
        #expect(script.faults(of: good).isEmpty)
        for index in good.indices {
            var dropped = good
            dropped.remove(at: index)
            #expect(!script.faults(of: dropped).isEmpty)
            #expect(!script.faults(of: good + [good[index]]).isEmpty)
        }
        for (first, second) in [(0, 1), (3, 5)] {
            var swapped = good
            swapped.swapAt(first, second)
            #expect(!script.faults(of: swapped).isEmpty)
        }
        var other = good
        other[2] = #"{"jsonrpc":"2.0","id":"j2","error":4}"#
        #expect(!script.faults(of: other).isEmpty)
    }
}

// MARK: - Lines

extension MalformedInputTests {
    private static func record(id: String?) -> String {
        let id = id.map { #""jsonrpc":"2.0","id":\#($0),"# } ?? ""
        return "{\(id)" + #""method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}}"#
    }

    /// The lines, and how many calls they record.
    private static func script(_ random: inout SeededRandom) -> (script: AnswerScript, recorded: Int) {
        var script = AnswerScript()
        var recorded = 0
        for number in 0..<linesInAScript {
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                script.add(.init(record(id: nil), .inOrder(id: "null", with: #""result":{"position""#)))
                recorded += 1
            case 2:
                let id = #""j\#(number)""#
                script.add(.init(record(id: id), .byID(id, with: #""result":{"position""#)))
                recorded += 1
            case 3: script.add(sound(number, &random))
            case 4: script.add(refused(number, &random))
            case 5: script.add(.init(Array(repeating: 0x20, count: .random(in: 0...5, using: &random)), .none))
            case 6: script.add(overLong(&random))
            default: script.add(noJSON(&random))
            }
        }
        return (script, recorded)
    }

    /// Requests that look strange and are none the worse for it.
    private static func sound(_ number: Int, _ random: inout SeededRandom) -> AnswerScript.Line {
        let digits = String(repeating: "7", count: .random(in: 1...400, using: &random))
        let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        let ids = [digits, "-0.0e-400", "1E+99999", #""\u0000\ud83d\ude00""#, #""\#(number)""#]
        let id = ids.randomElement(using: &random)!
        let other = #"{"jsonrpc":"2.0","method":"server.ping","other":\#(deep)}"#
        return [
            AnswerScript.Line(#"{"id":\#(id),"method":"server.ping"}"#, .inOrder(id: id, with: #""result":{"time""#)),
            AnswerScript.Line(#" { "method" : "server.health" } "#, .inOrder(id: "null", with: #""result""#)),
            // Notifications, one of them of a method that there is not.
            AnswerScript.Line(other, .none),
            AnswerScript.Line(#"{"jsonrpc":"2.0","method":"no.such"}"#, .none),
        ].randomElement(using: &random)!
    }

    /// Requests whose parameters, method or members are wrong.
    private static func refused(_ number: Int, _ random: inout SeededRandom) -> AnswerScript.Line {
        let huge = String(repeating: "9", count: .random(in: 20...1_000, using: &random))
        let bare = #"{"method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox","calls":"#
        let j = #""j\#(number)""#
        return [
            AnswerScript.Line(bare + huge + "}}", .inOrder(id: "null", with: #""error":{"code":-32602"#)),
            AnswerScript.Line(bare + "1e400}}", .inOrder(id: "null", with: #""error":{"code":-32602"#)),
            AnswerScript.Line(
                #"{"id":\#(number),"method":"no.such"}"#,
                .inOrder(id: "\(number)", with: #""error":{"code":-32601"#)
            ),
            AnswerScript.Line(
                #"{"jsonrpc":"2.0","id":\#(j),"method":"server.ping","params":[1]}"#,
                .byID(j, with: #""error":{"code":-32602"#)
            ),
            AnswerScript.Line("[]", .unreadable(with: #""error":{"code":-32600"#)),
        ].randomElement(using: &random)!
    }

    private static func overLong(_ random: inout SeededRandom) -> AnswerScript.Line {
        let count = Int.random(in: lineBytesMax + 2...3 * lineBytesMax, using: &random)
        // Not one that begins like a line of HTTP.
        let bytes: [UInt8] =
            [0]
            + (1..<count).map { _ in
                let byte = UInt8.random(in: 0...255, using: &random)
                return byte == 0x0A ? 0x20 : byte
            }
        return .init(bytes, .unreadable(with: #""error":{"code":-32600"#))
    }

    private static func noJSON(_ random: inout SeededRandom) -> AnswerScript.Line {
        let request = Array(#"{"id":1,"method":"server.ping"}"#.utf8)
        var bytes: [UInt8]
        switch Int.random(in: 0..<9, using: &random) {
        case 0: bytes = [0]
        case 1: bytes = [UInt8](repeating: 0, count: .random(in: 1...100, using: &random)) + request
        case 2: bytes = Array(#"{"id":"\#u{1}","method":"server.ping"}"#.utf8)
        case 3: bytes = Array(repeating: UInt8(ascii: "["), count: .random(in: 65...4_000, using: &random))
        case 4: bytes = Array(#"{"id":1,"method":"server.ping","method":"server.ping"}"#.utf8)
        case 5: bytes = Array(#"{"id":01,"method":"server.ping"}"#.utf8)
        case 6: bytes = [0xEF, 0xBB, 0xBF] + request
        case 7:
            // Inside a string, where only UTF-8 is wrong with it: overlong, a surrogate, past the last one, cut short.
            let wrong: [[UInt8]] = [
                [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xFF],
            ]
            bytes =
                Array(#"{"id":""#.utf8) + wrong.randomElement(using: &random)!
                + Array(#"","method":"server.ping"}"#.utf8)
        default: bytes = Array(request.dropLast(.random(in: 1..<request.count, using: &random)))
        }
        return .init(bytes, .unreadable(with: #""error":{"code":-32700"#))
    }

    private static func cut(_ bytes: [UInt8], _ pieces: Pieces, _ random: inout SeededRandom) -> [[UInt8]] {
        var cuts: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieces.size(&random))
            cuts.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        return cuts
    }

    private func ending(_ random: inout SeededRandom) -> [UInt8] {
        Bool.random(using: &random) ? [0x0A] : [0x0D, 0x0A]
    }
}
