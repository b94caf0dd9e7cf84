/// What a string may be: how long, in bytes of UTF-8, and of which characters.
struct TextRule: Hashable, Sendable {
    var bytes: ClosedRange<Int>
    var alphabet: Alphabet

    enum Alphabet: Sendable {
        /// Letters, digits, `_`, `.` and `-` of ASCII: what needs no quoting anywhere.
        case name
        /// Digits and `a` to `f`: what hashes are written in.
        case hexadecimal
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
        case .hexadecimal: return TextRule.isHexadecimal(text)
        case .printable: return !TextRule.hasControlCharacter(text)
        case .email: return TextRule.isEmail(text)
        case .any: return true
        }
    }

    private static func isName(_ text: UnsafeRawBufferPointer) -> Bool {
        allWords(of: text) { word in
            let letters = word.bytes(from: UInt8(ascii: "a"), to: UInt8(ascii: "z"), ignoring: 0x20)
            let digits = word.bytes(from: UInt8(ascii: "0"), to: UInt8(ascii: "9"))
            let dashesAndDots = word.bytes(from: UInt8(ascii: "-"), to: UInt8(ascii: "."))
            let underscores = word.bytes(from: UInt8(ascii: "_"), to: UInt8(ascii: "_"))
            return letters | digits | dashesAndDots | underscores == EightBytes.all
        }
    }

    private static func isHexadecimal(_ text: UnsafeRawBufferPointer) -> Bool {
        allWords(of: text) { word in
            let letters = word.bytes(from: UInt8(ascii: "a"), to: UInt8(ascii: "f"))
            let digits = word.bytes(from: UInt8(ascii: "0"), to: UInt8(ascii: "9"))
            return letters | digits == EightBytes.all
        }
    }

    private static func hasControlCharacter(_ text: UnsafeRawBufferPointer) -> Bool {
        let isPlain = allWords(of: text) { word in
            // Behind U+007F only the byte that controls begin with is suspect.
            let lows = word.bytes(from: 0x00, to: 0x1F) | word.bytes(from: 0x7F, to: 0x7F)
            return lows == 0 && !word.contains(firstByteOfC1)
        }
        return !isPlain && hasControlCharacterWithCare(text)
    }

    /// Whether all words of eight bytes pass. The last one overlaps the one before it; a shorter text is filled up with
    /// its first byte.
    @inline(__always)
    private static func allWords(of text: UnsafeRawBufferPointer, _ pass: (EightBytes) -> Bool) -> Bool {
        guard let first = text.first else { return true }
        guard text.count >= 8 else {
            var word = EightBytes(repeating: first)
            for byte in text { word.shiftIn(byte) }
            return pass(word)
        }
        let last = text.count - 8
        var offset = 0
        while offset < last {
            guard pass(EightBytes(text, at: offset)) else { return false }
            offset += 8
        }
        return pass(EightBytes(text, at: last))
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

/// Eight bytes of a text, judged at once. What is found is marked by the highest bit of the byte's place.
private struct EightBytes {
    private var word: UInt64

    /// Every byte is marked.
    static let all: UInt64 = 0x8080_8080_8080_8080
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    init(repeating byte: UInt8) { word = EightBytes.ones * UInt64(byte) }

    @inline(__always)
    init(_ text: UnsafeRawBufferPointer, at offset: Int) {
        word = text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    mutating func shiftIn(_ byte: UInt8) { word = word << 8 | UInt64(byte) }

    /// Marks the bytes of ASCII from `low` to `high`, where the bits of `ignored` count as set. Of seven bits no sum
    /// reaches the next byte.
    @inline(__always)
    func bytes(from low: UInt8, to high: UInt8, ignoring ignored: UInt8 = 0) -> UInt64 {
        let sevenBits = (word | EightBytes.ones &* UInt64(ignored)) & ~EightBytes.all
        let reachesLow = sevenBits &+ EightBytes.ones &* UInt64(0x80 - low)
        let passesHigh = sevenBits &+ EightBytes.ones &* UInt64(0x7F - high)
        return reachesLow & ~passesHigh & ~word & EightBytes.all
    }

    /// Whether one of the bytes is `byte`.
    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let difference = word ^ EightBytes.ones &* UInt64(byte)
        return (difference &- EightBytes.ones) & ~difference & EightBytes.all != 0
    }
}

extension TextRule {
    /// For people: `a string of 1 to 64 bytes of letters, digits, '_', '.' and '-'`.
    var requirement: String {
        switch alphabet {
        case .name: "a string of \(lengths) of letters, digits, '_', '.' and '-'"
        case .hexadecimal: "a string of \(lengths) of lowercase hexadecimal digits"
        case .printable: "a string of \(lengths) without control characters"
        case .email: "an email address of \(lengths)"
        case .any: self == .free ? "a string" : "a string of \(lengths)"
        }
    }

    private var lengths: String {
        let (least, most) = (bytes.lowerBound, bytes.upperBound)
        return least == most ? "\(least) bytes" : "\(least) to \(most) bytes"
    }

    /// A regular expression (ECMA 262) for JSON Schema; nil where any character may stand.
    var pattern: StaticString? {
        switch alphabet {
        case .name: "^[A-Za-z0-9_.-]+$"
        case .hexadecimal: "^[0-9a-f]+$"
        case .printable: #"^[^\u0000-\u001f\u007f-\u009f]*$"#
        case .email: #"^[^@\u0000-\u0020\u007f-\u009f]+@[^@\u0000-\u0020\u007f-\u009f]+$"#
        case .any: nil
        }
    }
}
