/// Escapes inside JSON strings (RFC 8259 section 7), in both directions.
public enum JSONEscape {
    /// Appends `text`, which must be valid UTF-8, as a JSON string with its quotes.
    ///
    /// Escaped are `"`, `\` and the control characters below U+0020 (by `\b \t \n \f \r`, else `\u00XX`);
    /// everything else, U+2028 and U+2029 too, stays as it is.
    public static func appendString(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        var plain = 0
        bytes.append(upTo: text.count &+ 2) { memory in
            let (end, copied) = storeString(text, to: memory, at: 0)
            plain = copied
            return end
        }
        if plain < text.count { appendRest(of: text, from: plain, to: &bytes) }
    }

    /// Stores the opening quote and `text` up to the first byte that needs an escape, copied as it is searched, and
    /// behind the whole text the closing quote. There must be room for the whole text with its quotes.
    @inlinable @inline(__always)
    static func storeString(
        _ text: UnsafeRawBufferPointer,
        to memory: UnsafeMutableRawPointer,
        at offset: Int
    ) -> (end: Int, plain: Int) {
        let start = memory.store(UInt8(ascii: "\""), at: offset)
        let plain = ByteScan.copyUnescapedText(text, to: memory + start)
        let end = start &+ plain
        return (plain == text.count ? memory.store(UInt8(ascii: "\""), at: end) : end, plain)
    }

    /// Whether `text` needs no escape.
    @usableFromInline
    static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let start = text.baseAddress else { return true }
        return ByteScan.endOfUnescapedText(start, from: 0, to: text.count) == text.count
    }

    /// Where a string's closing quote stands whose content begins at `start`, and whether there are escapes before it.
    /// Nil when there is none before `end`, or a control character. What is escaped, and how, is not looked at: for
    /// text that was validated when it was written.
    package static func closingQuote(
        _ text: UnsafeRawPointer,
        from start: Int,
        to end: Int
    ) -> (offset: Int, hasEscapes: Bool)? {
        var cursor = ByteScan.endOfUnescapedText(text, from: start, to: end)
        var hasEscapes = false
        while cursor < end {
            let byte = ByteScan.byte(text, at: cursor)
            if byte == UInt8(ascii: "\"") { return (cursor, hasEscapes) }
            guard byte == UInt8(ascii: "\\"), cursor &+ 2 < end else { return nil }
            hasEscapes = true
            cursor = ByteScan.endOfUnescapedText(text, from: cursor &+ 2, to: end)
        }
        return nil
    }

    /// Appends what `storeString` left: the text from its first byte that needs an escape, and the closing quote.
    @usableFromInline @inline(never)
    static func appendRest(of text: UnsafeRawBufferPointer, from start: Int, to bytes: inout [UInt8]) {
        appendSpecial(text.baseAddress.unsafelyUnwrapped, from: start, to: text.count, onto: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends text whose first byte needs an escape.
    private static func appendSpecial(_ text: UnsafeRawPointer, from start: Int, to end: Int, onto bytes: inout [UInt8])
    {
        var cursor = start
        while cursor < end {
            appendEscape(of: ByteScan.byte(text, at: cursor), to: &bytes)
            let plain = cursor + 1
            cursor = ByteScan.endOfUnescapedText(text, from: plain, to: end)
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: text + plain, count: cursor - plain))
        }
    }

    private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(hexadecimalDigit(byte >> 4))
            bytes.append(hexadecimalDigit(byte & 15))
        }
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// Unescaping text that the parser has validated.
extension JSONEscape {
    /// Lends the text that `escaped`, the validated bytes between the quotes of a string, stands for.
    @inlinable
    static func withUnescaped<R, E: Error>(
        _ escaped: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        // No escape is shorter than what it stands for.
        try withUnsafeTemporaryAllocation(byteCount: escaped.count, alignment: 1) { text throws(E) in
            try body(UnsafeRawBufferPointer(rebasing: text[..<unescape(escaped, into: text)]))
        }
    }

    /// Writes the unescaped text, which is never longer, and returns its length in bytes.
    @usableFromInline
    package static func unescape(_ escaped: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer) -> Int {
        var length = 0
        var rest = escaped[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\") {
                for unit in UTF8.encode(scalar(ofEscapeIn: &rest)).unsafelyUnwrapped {
                    text[length] = unit
                    length += 1
                }
            } else {
                text[length] = byte
                length += 1
            }
        }
        return length
    }

    /// The character that the escape stands for whose bytes behind the backslash `rest` begins with; removes them.
    private static func scalar(ofEscapeIn rest: inout Slice<UnsafeRawBufferPointer>) -> Unicode.Scalar {
        let letter = rest.removeFirst()
        switch letter {
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "u"): return scalar(ofUnicodeEscapeIn: &rest)
        default: return Unicode.Scalar(letter)
        }
    }

    private static func scalar(ofUnicodeEscapeIn rest: inout Slice<UnsafeRawBufferPointer>) -> Unicode.Scalar {
        let first = codeUnit(in: &rest)
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first).unsafelyUnwrapped }
        rest.removeFirst(2)
        return UTF16.decode(UTF16.EncodedScalar([first, codeUnit(in: &rest)]))
    }

    private static func codeUnit(in rest: inout Slice<UnsafeRawBufferPointer>) -> UInt16 {
        var unit: UInt16 = 0
        for digit in rest.prefix(4) { unit = unit << 4 | UInt16(hexadecimalValue(digit).unsafelyUnwrapped) }
        rest.removeFirst(4)
        return unit
    }
}
