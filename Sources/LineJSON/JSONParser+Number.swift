/// Numbers: RFC 8259 section 6. Only the grammar is checked here; the value is computed when somebody asks for it.
extension JSONParser {
    @inline(__always)
    mutating func parseNumber() throws(JSONError) {
        let start = position
        var cursor = peek() == UInt8(ascii: "-") ? start &+ 1 : start
        if peek(at: cursor) == UInt8(ascii: "0") {
            cursor &+= 1
            guard !isDigit(peek(at: cursor)) else { throw failure(.leadingZero, at: cursor &- 1) }
        } else {
            cursor = try endOfDigits(from: cursor)
        }
        let endOfInteger = cursor
        if peek(at: cursor) == UInt8(ascii: ".") { cursor = try endOfDigits(from: cursor &+ 1) }
        if peek(at: cursor) | 0x20 == UInt8(ascii: "e") { cursor = try endOfExponent(from: cursor &+ 1) }
        appendScalar(from: start, to: cursor, .number, mark: cursor == endOfInteger)
    }

    private func endOfExponent(from offset: Int) throws(JSONError) -> Int {
        let sign = peek(at: offset)
        let isSigned = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
        return try endOfDigits(from: isSigned ? offset + 1 : offset)
    }

    /// Steps over one digit or more.
    @inline(__always)
    private func endOfDigits(from offset: Int) throws(JSONError) -> Int {
        guard isDigit(peek(at: offset)) else { throw failure(.expectedDigit, at: offset) }
        var cursor = offset &+ 1
        while isDigit(peek(at: cursor)) { cursor &+= 1 }
        return cursor
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
