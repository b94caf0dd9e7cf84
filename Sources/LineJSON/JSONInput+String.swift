/// Strings: RFC 8259 section 7, and UTF-8 as RFC 3629 section 4 defines it.
extension JSONInput {
    /// The closing quote of the string whose text begins at `offset`, and whether it has escapes.
    @inline(__always)
    func endOfString(from offset: Int) throws(JSONError) -> (quote: Int, hasEscapes: Bool) {
        let stop = ByteScan.endOfPlainASCII(start, from: offset, to: end)
        guard peek(at: stop) != UInt8(ascii: "\"") else { return (stop, false) }
        return try endOfSpecialText(from: stop)
    }

    /// The closing quote of a string that has more than plain ASCII from `offset` on, and whether it has escapes.
    @inline(never)
    private func endOfSpecialText(from offset: Int) throws(JSONError) -> (quote: Int, hasEscapes: Bool) {
        var cursor = offset
        var hasEscapes = false
        while true {
            let byte = peek(at: cursor)
            if byte == UInt8(ascii: "\"") { return (cursor, hasEscapes) }
            if byte == UInt8(ascii: "\\") {
                cursor = try endOfEscape(at: cursor)
                hasEscapes = true
            } else if byte >= 0x80 {
                cursor = try endOfMultiByteCharacters(at: cursor)
            } else {
                throw failure(.controlCharacter, at: cursor)
            }
            cursor = ByteScan.endOfPlainASCII(start, from: cursor, to: end)
        }
    }

    private func endOfEscape(at backslash: Int) throws(JSONError) -> Int {
        switch peek(at: backslash + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return backslash + 2
        case UInt8(ascii: "u"):
            return try endOfUnicodeEscape(at: backslash)
        default:
            throw failure(.invalidEscape, at: backslash + 1)
        }
    }

    private func endOfUnicodeEscape(at backslash: Int) throws(JSONError) -> Int {
        let first = try codeUnit(at: backslash + 2)
        if !UTF16.isSurrogate(first) { return backslash + 6 }
        guard UTF16.isLeadSurrogate(first), peek(at: backslash + 6) == UInt8(ascii: "\\"),
            peek(at: backslash + 7) == UInt8(ascii: "u"), UTF16.isTrailSurrogate(try codeUnit(at: backslash + 8))
        else { throw failure(.loneSurrogate, at: backslash) }
        return backslash + 12
    }

    /// The UTF-16 code unit written as four hexadecimal digits at `offset`.
    private func codeUnit(at offset: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for place in offset..<offset + 4 {
            guard let digit = JSONEscape.hexadecimalValue(peek(at: place)) else {
                throw failure(.invalidEscape, at: place)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Steps over the run of multi-byte characters that begins at `offset`.
    private func endOfMultiByteCharacters(at offset: Int) throws(JSONError) -> Int {
        var cursor = offset
        while peek(at: cursor) >= 0x80 {
            let length = lengthOfMultiByteCharacter(at: cursor)
            guard length > 0 else { throw failure(.invalidUTF8, at: cursor) }
            cursor += length
        }
        return cursor
    }

    /// 2, 3 or 4; 0 when the bytes are no well-formed character. The bounds of the second byte shut out overlong forms,
    /// surrogates and code points above U+10FFFF (RFC 3629 section 4).
    private func lengthOfMultiByteCharacter(at offset: Int) -> Int {
        let second = peek(at: offset + 1)
        switch peek(at: offset) {
        case 0xC2...0xDF:
            return isContinuation(second) ? 2 : 0
        case 0xE0:
            return (0xA0...0xBF).contains(second) && isContinuation(peek(at: offset + 2)) ? 3 : 0
        case 0xED:
            return (0x80...0x9F).contains(second) && isContinuation(peek(at: offset + 2)) ? 3 : 0
        case 0xE1...0xEF:
            return isContinuation(second) && isContinuation(peek(at: offset + 2)) ? 3 : 0
        case 0xF0:
            return (0x90...0xBF).contains(second) && hasTwoContinuations(at: offset + 2) ? 4 : 0
        case 0xF1...0xF3:
            return isContinuation(second) && hasTwoContinuations(at: offset + 2) ? 4 : 0
        case 0xF4:
            return (0x80...0x8F).contains(second) && hasTwoContinuations(at: offset + 2) ? 4 : 0
        default:
            return 0
        }
    }

    @inline(__always)
    private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    @inline(__always)
    private func hasTwoContinuations(at offset: Int) -> Bool {
        isContinuation(peek(at: offset)) && isContinuation(peek(at: offset + 1))
    }
}
