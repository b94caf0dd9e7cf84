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
        case .name: return text.allSatisfy(TextRule.isNameByte)
        case .printable: return !TextRule.hasControlCharacter(text)
        case .email: return TextRule.isEmail(text)
        case .any: return true
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func hasControlCharacter(_ text: UnsafeRawBufferPointer) -> Bool {
        var isSuspect = false
        for byte in text { isSuspect = isSuspect || byte < 0x20 || byte == 0x7F || byte == firstByteOfC1 }
        return isSuspect && hasControlCharacterWithCare(text)
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
