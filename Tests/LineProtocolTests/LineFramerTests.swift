import LineProtocol
import NIOCore
import Testing

@Suite("Framing")
struct LineFramerTests {
    static let lineBytesMax = 10

    /// Input, and what it is framed to with lines of at most `lineBytesMax` bytes.
    static let cases: [(input: String, expected: [Framed])] = [
        ("", []),
        ("a\n", [.line("a")]),
        ("a\nbc\n\ndef\n", [.line("a"), .line("bc"), .line("def")]),
        ("a\r\nb\r\n", [.line("a"), .line("b")]),
        ("a\r\r\nb\rc\n", [.line("a\r"), .line("b\rc")]),
        ("\n \n\t\r\n\r\na\n", [.line("a")]),
        (" a \n", [.line(" a ")]),
        ("a\nlast", [.line("a"), .line("last")]),
        ("last\r", [.line("last")]),
        ("a\n  ", [.line("a")]),
        ("0123456789\nx\n", [.line("0123456789"), .line("x")]),
        ("012345678\r\nx\n", [.line("012345678"), .line("x")]),
        ("0123456789\r\nx\n", [.overLong, .line("x")]),
        ("0123456789A\nx\n", [.overLong, .line("x")]),
        ("0123456789", [.line("0123456789")]),
        ("0123456789A", [.overLong]),
        ("0123456789012345678901234567890123456789\n\nx\n0123456789AB\n", [.overLong, .line("x"), .overLong]),
        ("           \nx\n", [.overLong, .line("x")]),
        ("x\n0123456789AB0123456789AB", [.line("x"), .overLong]),
        ("é\u{0}\n", [.line("é\u{0}")]),
    ]

    @Test("whole inputs", arguments: cases)
    func whole(_ input: String, _ expected: [Framed]) {
        #expect(framed([Array(input.utf8)]) == expected)
    }

    @Test("every cut into three pieces gives the same lines", arguments: cases)
    func everySplit(_ input: String, _ expected: [Framed]) {
        let bytes = Array(input.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map { piece in Array(piece) }
                #expect(framed(pieces) == expected, "cut at \(first) and \(second)")
            }
        }
    }

    @Test("one byte at a time gives the same lines", arguments: cases)
    func singleBytes(_ input: String, _ expected: [Framed]) {
        #expect(framed(input.utf8.map { byte in [byte] }) == expected)
    }

    @Test("an over-long line is reported before it ends, once, and its bytes are not kept")
    func overLongIsEarlyAndBounded() {
        var framer = LineFramer(lineBytesMax: 100)
        var reports = 0
        for _ in 0..<1_000 {
            var piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64)
            framer.append(&piece)
            while framer.withNextLine({ _ in reports += 1 }) != nil {}
        }
        #expect(reports == 1)
        #expect(framer.heldBytes == 0)
        var rest = ByteBuffer(string: "x\nnext\n")
        framer.append(&rest)
        #expect(drained(&framer) == [.line("next")])
    }

    @Test("what the input holds is taken, and nothing is held when no line is begun")
    func holdsNothing() {
        var framer = LineFramer()
        var input = ByteBuffer(string: "a\nb\n")
        framer.append(&input)
        #expect(input.readableBytes == 0)
        #expect(drained(&framer) == [.line("a"), .line("b")])
        #expect(framer.heldBytes == 0)
    }

    @Test("lines are lent from the input's own memory")
    func noCopy() throws {
        var framer = LineFramer()
        var input = ByteBuffer(string: "first\nsecond\n")
        let start = input.withUnsafeReadableBytes { bytes in bytes.baseAddress }
        framer.append(&input)
        let addresses = (0..<2).compactMap { _ in
            framer.withNextLine { framed in
                guard case .line(let bytes) = framed else { return UnsafeRawPointer?.none }
                return bytes.baseAddress
            }
        }
        #expect(addresses == [start, start.map { $0 + 6 }])
    }

    @Test("an error of the closure passes through, and the line counts as handed out")
    func errors() throws {
        struct Refusal: Error {}
        var framer = LineFramer()
        var input = ByteBuffer(string: "a\nb\n")
        framer.append(&input)
        #expect(throws: Refusal.self) { try framer.withNextLine { _ in throw Refusal() } }
        #expect(drained(&framer) == [.line("b")])
        input = ByteBuffer(string: "c\nd\n")
        framer.append(&input)
        #expect(throws: Refusal.self) { try framer.forEachLine { _ in throw Refusal() } }
        #expect(drained(&framer) == [.line("d")])
    }

    /// The lines of the pieces, which are the same one by one and all at once.
    private func framed(_ pieces: [[UInt8]]) -> [Framed] {
        let lines = framed(pieces, by: drained)
        let linesAtOnce = framed(pieces) { framer in
            var outcomes: [Framed] = []
            framer.forEachLine { line in outcomes.append(Framed(line)) }
            return outcomes
        }
        #expect(linesAtOnce == lines)
        return lines
    }

    private func framed(_ pieces: [[UInt8]], by drained: (inout LineFramer) -> [Framed]) -> [Framed] {
        var framer = LineFramer(lineBytesMax: LineFramerTests.lineBytesMax)
        var outcomes: [Framed] = []
        for piece in pieces {
            var buffer = ByteBuffer(bytes: piece)
            framer.append(&buffer)
            outcomes += drained(&framer)
        }
        framer.finish()
        return outcomes + drained(&framer)
    }

    private func drained(_ framer: inout LineFramer) -> [Framed] {
        var outcomes: [Framed] = []
        while let outcome = framer.withNextLine(Framed.init) { outcomes.append(outcome) }
        return outcomes
    }
}

/// A framed line that outlives the framer.
enum Framed: Equatable {
    case line(String)
    case overLong

    init(_ framed: FramedLine) {
        switch framed {
        case .line(let bytes): self = .line(String(decoding: bytes, as: UTF8.self))
        case .overLong: self = .overLong
        }
    }
}
