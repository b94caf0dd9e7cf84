import Foundation
import LineJSON
import TestSupport
import Testing

/// Foundation's parser, written by other people, as the judge of ours.
@Suite("The same answers as Foundation's parser")
struct FoundationComparisonTests {
    @Test("on generated documents: the same values")
    func generatedDocuments() throws {
        var generator = SeededRandom()
        var tape = JSONTape()
        for _ in 0..<1_500 {
            var document = DocumentGenerator(random: generator)
            let bytes = document.document()
            generator = document.random
            let ours = try tape.withParsed(bytes) { view in JSONNode(view) }
            let theirs = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            #expect(ours == JSONNode(foundation: theirs), "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("on damaged documents: the same verdict, but for the differences listed")
    func damagedDocuments() throws {
        var generator = SeededRandom()
        var tape = JSONTape()
        for _ in 0..<6_000 {
            var document = DocumentGenerator(random: generator)
            let bytes = document.damaged(document.document())
            generator = document.random
            let difference = FoundationComparison.difference(on: bytes, with: &tape)
            #expect(difference == nil, "\(String(decoding: bytes, as: UTF8.self)) \(bytes)")
        }
    }
}

/// Random JSON documents and random damage.
private struct DocumentGenerator {
    var random: SeededRandom
    private var bytes: [UInt8] = []
    private var nameCount = 0

    init(random: SeededRandom) {
        self.random = random
    }

    mutating func document() -> [UInt8] {
        bytes = []
        appendSpace()
        appendValue(depthLeft: 5)
        appendSpace()
        return bytes
    }

    /// One to three small changes: a byte removed, replaced, doubled or put in, or the end cut off.
    mutating func damaged(_ document: [UInt8]) -> [UInt8] {
        var bytes = document
        for _ in 0..<number(1...3) where !bytes.isEmpty {
            let place = number(0...bytes.count - 1)
            switch number(0...4) {
            case 0: bytes.remove(at: place)
            case 1: bytes[place] = UInt8(number(0...255))
            case 2: bytes.insert(bytes[place], at: place)
            case 3:
                bytes.insert(
                    contentsOf: pick(["\"", "\\", ",", ":", "{", "]", "0", "-", ".", "e", "\\u", "\n"]).utf8,
                    at: place
                )
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }

    private mutating func appendValue(depthLeft: Int) {
        switch number(0...(depthLeft > 0 ? 8 : 5)) {
        case 0: append(pick(["null", "true", "false"]))
        case 1, 2: appendNumber()
        case 3, 4, 5: appendString(namePrefix: "")
        case 6: appendArray(depthLeft: depthLeft - 1)
        default: appendObject(depthLeft: depthLeft - 1)
        }
    }

    private mutating func appendArray(depthLeft: Int) {
        appendSeparated("[", "]") { $0.appendValue(depthLeft: depthLeft) }
    }

    private mutating func appendObject(depthLeft: Int) {
        appendSeparated("{", "}") { generator in
            generator.nameCount += 1
            generator.appendString(namePrefix: "\(generator.nameCount)")
            generator.appendSpace()
            generator.append(":")
            generator.appendSpace()
            generator.appendValue(depthLeft: depthLeft)
        }
    }

    private mutating func appendSeparated(
        _ opening: String,
        _ closing: String,
        _ appendOne: (inout DocumentGenerator) -> Void
    ) {
        append(opening)
        appendSpace()
        for index in 0..<number(0...(number(0...20) == 0 ? 50 : 5)) {
            if index > 0 {
                append(",")
                appendSpace()
            }
            appendOne(&self)
            appendSpace()
        }
        append(closing)
    }

    private mutating func appendNumber() {
        append(pick(["", "-"]) + pick(["0", "\(number(1...9_999))", "\(number(1...Int.max))"]))
        if number(0...2) == 0 { append(".\(number(0...99_999))") }
        if number(0...3) == 0 { append(pick(["e", "E"]) + pick(["", "+", "-"]) + "\(number(0...30))") }
    }

    private mutating func appendString(namePrefix: String) {
        append("\"" + namePrefix)
        for _ in 0..<number(0...12) { appendCharacter() }
        append("\"")
    }

    private mutating func appendCharacter() {
        switch number(0...9) {
        case 0: append(pick(["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"]))
        case 1: append(pick(["\\u0041", "\\u00e9", "\\u20AC", "\\uD83D\\uDE00", "\\u0000", "\\ufFfF"]))
        case 2: append(pick(["é", "ß", "€", "日本", "😀", "\u{7F}", "\u{2028}", "\u{10FFFF}", "e\u{301}"]))
        default: append(pick(["a", "bc", "xyz", " ", "0123456789", "{", "]", ",", ":"]))
        }
    }

    private mutating func appendSpace() {
        if number(0...4) == 0 { append(pick([" ", "\n", "\t", "\r\n", "   "])) }
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func pick(_ choices: [String]) -> String { choices[number(0...choices.count - 1)] }
}
