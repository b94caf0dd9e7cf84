import LineJSON
import Testing

@Suite("The grammar of RFC 8259")
struct JSONGrammarTests {
    @Test(
        "accepts",
        arguments: [
            "null", "true", "false", "0", "-0", "1", "-1", "10", "1.0", "0.5", "1e3", "1E+3", "1e-3", "-0.0e-0",
            "1e400",
            "\"\"", "\"a\"", "[]", "{}", "[ ]", "{ }", " [ 1 , 2 ] ", "\t\n\r {\"a\" : 1}\n", "[[[[]]]]", "{\"\":0}",
            "{\"a\":{\"a\":1}}", "[{\"a\":1},{\"a\":1}]", "{\"a\":1,\"A\":2}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
            "\"\\u0000\"", "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude00\"", "\"\u{7F}\"",
            "\"é\u{2028}\u{2029}\u{FFFF}\u{10FFFF}\"",
            "\"\u{D7FF}\u{E000}\u{800}\u{7FF}\u{80}\u{10000}\"", "\"\u{FEFF}\"", "123456789012345678901234567890",
        ]
    )
    func accepts(_ text: String) throws {
        try parsed(text) { view in
            #expect(Array(view.rawBytes) == Array(text.utf8).trimmed)
        }
    }

    @Test(
        "refuses, and says where",
        arguments: [
            ("", .unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,", .unexpectedEnd, 3), ("{", .unexpectedEnd, 1), ("{\"a\"", .unexpectedEnd, 4),
            ("{\"a\":", .unexpectedEnd, 5), ("{\"a\":1", .unexpectedEnd, 6), ("\"", .unexpectedEnd, 1),
            ("\"abc", .unexpectedEnd, 4), ("\"\\", .unexpectedEnd, 2), ("\"\\u00", .unexpectedEnd, 5),
            ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3),
            ("[1,]", .expectedValue, 3), ("[,1]", .expectedValue, 1), ("[1 2]", .expectedCommaOrBracket, 3),
            ("[1}", .expectedCommaOrBracket, 2), ("{\"a\":1,}", .expectedKey, 7), ("{,}", .expectedKey, 1),
            ("{a:1}", .expectedKey, 1), ("{'a':1}", .expectedKey, 1), ("{1:1}", .expectedKey, 1),
            ("{\"a\" 1}", .expectedColon, 5), ("{\"a\":1 \"b\":2}", .expectedCommaOrBrace, 7),
            ("{\"a\":}", .expectedValue, 5), ("{\"a\":1]", .expectedCommaOrBrace, 6),
            ("1 2", .bytesAfterValue, 2), ("{}x", .bytesAfterValue, 2), ("[]]", .bytesAfterValue, 2),
            ("nul", .invalidLiteral, 0), ("nulL", .invalidLiteral, 0), ("True", .expectedValue, 0),
            ("truefalse", .bytesAfterValue, 4), ("NaN", .expectedValue, 0), ("Infinity", .expectedValue, 0),
            ("-Infinity", .expectedDigit, 1), ("01", .leadingZero, 0), ("-01", .leadingZero, 1),
            ("00", .leadingZero, 0),
            ("+1", .expectedValue, 0), (".5", .expectedValue, 0), ("1.e3", .expectedDigit, 2),
            ("1.x", .expectedDigit, 2),
            ("1ex", .expectedDigit, 2), ("1e+x", .expectedDigit, 3), ("--1", .expectedDigit, 1),
            ("1.2.3", .bytesAfterValue, 3),
            ("0x10", .bytesAfterValue, 1), ("1_000", .bytesAfterValue, 1), ("// x\n1", .expectedValue, 0),
            ("'a'", .expectedValue, 0), ("\"a\nb\"", .controlCharacter, 2), ("\"a\u{0}b\"", .controlCharacter, 2),
            ("\"\u{1F}\"", .controlCharacter, 1), ("\"12345678\t\"", .controlCharacter, 9),
            ("\"\\x41\"", .invalidEscape, 2), ("\"\\'\"", .invalidEscape, 2), ("\"\\U0041\"", .invalidEscape, 2),
            ("\"\\u12G4\"", .invalidEscape, 5), ("\"\\uD800\"", .loneSurrogate, 1), ("\"\\uDC00\"", .loneSurrogate, 1),
            ("\"\\uD800\\n\"", .loneSurrogate, 1), ("\"\\uD800\\uD800\"", .loneSurrogate, 1),
            ("\"\\uD800\\u0041\"", .loneSurrogate, 1), ("\"\\uDC00\\uD800\"", .loneSurrogate, 1),
            ("\u{FEFF}{}", .byteOrderMark, 0), ("\u{A0}1", .expectedValue, 0), ("\u{0}", .expectedValue, 0),
            ("[1\u{0}]", .expectedCommaOrBracket, 2), ("\u{C}1", .expectedValue, 0),
        ] as [(String, JSONError.Reason, Int)]
    )
    func refuses(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        #expect(throws: JSONError(offset: offset, reason: reason)) { try parsed(text) { _ in } }
    }

    @Test(
        "refuses what is no UTF-8",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE1, 0x80], [0xE1, 0x80, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xEF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF1, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3, 0xA9, 0xA9],
        ] as [[UInt8]]
    )
    func refusesInvalidUTF8(_ sequence: [UInt8]) {
        // At every place in a word, and with plain text behind it.
        for padding in 0...9 {
            let text =
                Array("[\"".utf8) + Array(repeating: 0x61, count: padding) + sequence + Array("bcdefghij\"]".utf8)
            let error = #expect(throws: JSONError.self) { try parsed(text) { _ in } }
            #expect(error?.reason == .invalidUTF8)
        }
    }

    @Test("accepts exactly the depth it is set to")
    func depth() throws {
        let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        try parsed(deep(64)) { _ in }
        #expect(throws: JSONError(offset: 64, reason: .tooDeep)) { try parsed(deep(65)) { _ in } }
        try parsed(deep(512), depthLimit: 512) { _ in }
        try parsed("[{},[]]", depthLimit: 2) { _ in }
        #expect(throws: JSONError(offset: 5, reason: .tooDeep)) { try parsed("{\"a\":{}}", depthLimit: 1) { _ in } }
    }

    @Test("says in words what is wrong and where")
    func errorText() {
        let error = #expect(throws: JSONError.self) { try parsed("{\"a\":1 2}") { _ in } }
        #expect(error?.description == "expected ',' or '}' at byte 7")
    }
}

@Suite("Member names must differ")
struct DuplicateKeyTests {
    @Test(
        "refuses a name that occurs twice in one object",
        arguments: [
            ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"b\":2,\"a\":3}", 13), ("{\"a\":1,\"\\u0061\":2}", 7),
            ("{\"\":1,\"\":2}", 6),
            ("{\"\\u0061\":1,\"\\u0061\":2}", 12), ("{\"x\":{\"a\":[1,{}],\"a\":2}}", 17),
            ("{\"\\u00e9\":1,\"é\":2}", 12), ("{\"time\":1,\"type\":2,\"time\":3}", 19),
        ]
    )
    func refuses(_ text: String, _ offset: Int) {
        #expect(throws: JSONError(offset: offset, reason: .duplicateKey)) { try parsed(text) { _ in } }
    }

    @Test("takes canonically equivalent names for different ones: they differ in code points")
    func canonicalEquivalence() throws {
        try parsed("{\"\u{E9}\":1,\"e\u{301}\":2}") { view in #expect(view.count == 2) }
    }

    @Test("finds one duplicate among any number of members", arguments: [2, 16, 32, 33, 34, 200])
    func sizes(_ count: Int) throws {
        let names = (0..<count).map { index in index % 3 == 0 ? "k\\u00\(0x10 + index % 90)\(index)" : "key\(index)" }
        let object = { (names: [String]) in "{" + names.map { "\"\($0)\":[0,{}]" }.joined(separator: ",") + "}" }
        try parsed(object(names)) { view in #expect(view.count == count) }
        for repeated in [0, count / 2, count - 1] {
            let text = object(names + [names[repeated]])
            let error = #expect(throws: JSONError.self) { try parsed(text) { _ in } }
            #expect(error?.reason == .duplicateKey)
        }
    }
}

extension [UInt8] {
    fileprivate var trimmed: [UInt8] {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        return Array(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
