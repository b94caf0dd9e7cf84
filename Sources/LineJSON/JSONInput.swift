/// The bytes of a text, and what stands at an offset in them. Two words that travel in registers.
struct JSONInput {
    let start: UnsafeRawPointer
    /// Length of the input in bytes.
    let end: Int

    /// The byte at the offset; 0, which stands nowhere in a JSON text, at the end.
    @inline(__always)
    func peek(at offset: Int) -> UInt8 { offset < end ? ByteScan.byte(start, at: offset) : 0 }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// The first offset that is no whitespace. Lines that programs write have none: looking is one comparison.
    @inline(__always)
    func skipWhitespace(from offset: Int) -> Int {
        guard offset < end, ByteScan.byte(start, at: offset) <= UInt8(ascii: " ") else { return offset }
        return ByteScan.endOfWhitespace(start, from: offset, to: end)
    }

    /// Steps over `byte`, which may have whitespace before it. Where something else stands, steps over the whitespace
    /// only and returns false. Lines that programs write have no whitespace: the byte itself is looked for first.
    @inline(__always)
    func skip(_ byte: UInt8, at cursor: inout Int) -> Bool {
        if peek(at: cursor) != byte {
            cursor = skipWhitespace(from: cursor)
            guard peek(at: cursor) == byte else { return false }
        }
        cursor &+= 1
        return true
    }

    var startsWithByteOrderMark: Bool { peek(at: 0) == 0xEF && peek(at: 1) == 0xBB && peek(at: 2) == 0xBF }

    /// Where the input ends, its end is the reason.
    @inline(never)
    func failure(_ reason: JSONError.Reason, at offset: Int) -> JSONError {
        offset < end ? JSONError(offset: offset, reason: reason) : JSONError(offset: end, reason: .unexpectedEnd)
    }
}
