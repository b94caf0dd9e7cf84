/// What a string may be: how long, in bytes of UTF-8, and of which characters.
struct TextRule: Hashable, Sendable {
    var bytes: ClosedRange<Int>
    var alphabet: Alphabet

    enum Alphabet: Sendable {
        /// Letters, digits, `_`, `.` and `-` of ASCII: what needs no quoting anywhere.
        case name
        /// Any text without control characters (U+0000–U+001F and U+007F–U+009F): one line on any terminal.
        case printable
        /// `somebody@somewhere`, without blanks and control characters. Whether it can be delivered to shows by
        /// delivering.
        case email
        /// Any text.
        case any
    }

    /// No rule but that of JSON.
    static let free = TextRule(bytes: 0...Int.max, alphabet: .any)

    /// Judges unescaped, valid UTF-8.
    func accepts(_ text: UnsafeRawBufferPointer) -> Bool {
        guard bytes.contains(text.count) else { return false }
        switch alphabet {
        case .name: return TextRule.isName(text)
        case .printable: return !TextRule.hasControlCharacter(text)
        case .email: return TextRule.isEmail(text)
        case .any: return true
        }
    }

    private static func isName(_ text: UnsafeRawBufferPointer) -> Bool {
        eightByEight(text) { bytes in
            let isLetter = (bytes | 0x20) &- UInt8(ascii: "a") .< 26
            let isDigit = bytes &- UInt8(ascii: "0") .< 10
            let isMark = bytes .== UInt8(ascii: "_") .| bytes .== UInt8(ascii: ".") .| bytes .== UInt8(ascii: "-")
            return isLetter .| isDigit .| isMark
        }
    }

    private static func hasControlCharacter(_ text: UnsafeRawBufferPointer) -> Bool {
        let isPlain = eightByEight(text) { bytes in
            (bytes .>= 0x20) .& (bytes .!= 0x7F) .& (bytes .!= firstByteOfC1)
        }
        return !isPlain && hasControlCharacterWithCare(text)
    }

    /// Whether all bytes pass. The last eight overlap those before them; fewer are repeated from the first one on.
    @inline(__always)
    private static func eightByEight(
        _ text: UnsafeRawBufferPointer,
        _ pass: (SIMD8<UInt8>) -> SIMDMask<SIMD8<Int8>>
    ) -> Bool {
        guard let first = text.first else { return true }
        guard text.count >= 8 else {
            var bytes = SIMD8(repeating: first)
            for index in text.indices { bytes[index] = text[index] }
            return all(pass(bytes))
        }
        let last = text.count - 8
        var passed = pass(text.loadUnaligned(fromByteOffset: last, as: SIMD8<UInt8>.self))
        for offset in stride(from: 0, to: last, by: 8) {
            passed = passed .& pass(text.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt8>.self))
        }
        return all(passed)
    }

    /// U+0080–U+009F are 0xC2 0x80–0xC2 0x9F in UTF-8; 0xC2 also begins U+00A0–U+00BF, which are fine.
    private static let firstByteOfC1: UInt8 = 0xC2

    private static func hasControlCharacterWithCare(_ text: UnsafeRawBufferPointer) -> Bool {
        var previous: UInt8 = 0
        for byte in text {
            if byte < 0x20 || byte == 0x7F || (previous == firstByteOfC1 && byte < 0xA0) { return true }
            previous = byte
        }
        return false
    }

    private static func isEmail(_ text: UnsafeRawBufferPointer) -> Bool {
        let at = UInt8(ascii: "@")
        guard text.first != at, text.last != at, !text.contains(UInt8(ascii: " ")) else { return false }
        return text.count(where: { $0 == at }) == 1 && !hasControlCharacter(text)
    }
}

extension TextRule {
    /// For people: `a string of 1 to 64 bytes of letters, digits, '_', '.' and '-'`.
    var requirement: String {
        switch alphabet {
        case .name: "a string of \(lengths) of letters, digits, '_', '.' and '-'"
        case .printable: "a string of \(lengths) without control characters"
        case .email: "an email address of \(lengths)"
        case .any: self == .free ? "a string" : "a string of \(lengths)"
        }
    }

    private var lengths: String { "\(bytes.lowerBound) to \(bytes.upperBound) bytes" }

    /// A regular expression (ECMA 262) for JSON Schema; nil where any character may stand.
    var pattern: StaticString? {
        switch alphabet {
        case .name: "^[A-Za-z0-9_.-]+$"
        case .printable: #"^[^\u0000-\u001f\u007f-\u009f]*$"#
        case .email: #"^[^@\u0000-\u0020\u007f-\u009f]+@[^@\u0000-\u0020\u007f-\u009f]+$"#
        case .any: nil
        }
    }
}
