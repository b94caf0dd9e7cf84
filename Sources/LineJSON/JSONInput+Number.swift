/// Numbers: RFC 8259 section 6. Only the grammar is checked here; the value is computed when somebody asks for it.
extension JSONInput {
    /// The offset behind the number that begins at `offset`, and whether it has neither fraction nor exponent.
    @inline(__always)
    func endOfNumber(from offset: Int) throws(JSONError) -> (stop: Int, isPlain: Bool) {
        var cursor = peek(at: offset) == UInt8(ascii: "-") ? offset &+ 1 : offset
        if peek(at: cursor) == UInt8(ascii: "0") {
            cursor &+= 1
            guard !JSONInput.isDigit(peek(at: cursor)) else { throw failure(.leadingZero, at: cursor &- 1) }
        } else {
            cursor = try endOfDigits(from: cursor)
        }
        let next = peek(at: cursor)
        guard next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") else { return (cursor, true) }
        return (try endOfFractionAndExponent(from: cursor), false)
    }

    @inline(never)
    private func endOfFractionAndExponent(from offset: Int) throws(JSONError) -> Int {
        var cursor = offset
        if peek(at: cursor) == UInt8(ascii: ".") { cursor = try endOfDigits(from: cursor &+ 1) }
        if peek(at: cursor) | 0x20 == UInt8(ascii: "e") { cursor = try endOfExponent(from: cursor &+ 1) }
        return cursor
    }

    private func endOfExponent(from offset: Int) throws(JSONError) -> Int {
        let sign = peek(at: offset)
        let isSigned = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
        return try endOfDigits(from: isSigned ? offset + 1 : offset)
    }

    /// Steps over one digit or more.
    @inline(__always)
    private func endOfDigits(from offset: Int) throws(JSONError) -> Int {
        guard JSONInput.isDigit(peek(at: offset)) else { throw failure(.expectedDigit, at: offset) }
        var cursor = offset &+ 1
        while JSONInput.isDigit(peek(at: cursor)) { cursor &+= 1 }
        return cursor
    }
}
