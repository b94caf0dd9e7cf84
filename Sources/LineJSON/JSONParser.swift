/// The recursive descent through one JSON text (RFC 8259 section 2 to 7), writing tokens as it goes.
struct JSONParser {
    let input: UnsafeRawPointer
    /// Length of the input in bytes.
    let end: Int
    var position = 0
    /// How many more arrays and objects may be opened inside the current one.
    var depthLeft: Int
    var tokens: JSONTokenBuffer

    init(input: UnsafeRawPointer, end: Int, depthLimit: Int, tokens: JSONTokenBuffer) {
        self.input = input
        self.end = end
        depthLeft = depthLimit
        self.tokens = tokens
    }

    mutating func parseText() throws(JSONError) {
        skipWhitespace()
        try parseValue()
        skipWhitespace()
        guard position == end else { throw failure(.bytesAfterValue) }
    }

    private mutating func parseValue() throws(JSONError) {
        switch peek() {
        case UInt8(ascii: "\""): try parseString()
        case UInt8(ascii: "{"): try parseObject()
        case UInt8(ascii: "["): try parseArray()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try parseNumber()
        case UInt8(ascii: "t"): try parseLiteral("true", .boolean, mark: true)
        case UInt8(ascii: "f"): try parseLiteral("false", .boolean)
        case UInt8(ascii: "n"): try parseLiteral("null", .null)
        case 0xEF where startsWithByteOrderMark: throw failure(.byteOrderMark)
        default: throw failure(.expectedValue)
        }
    }

    private mutating func parseObject() throws(JSONError) {
        let object = try open(.object)
        var count = 0
        if peek() != UInt8(ascii: "}") {
            repeat {
                skipWhitespace()
                try parseMember()
                count &+= 1
                skipWhitespace()
            } while skip(UInt8(ascii: ","))
        }
        guard skip(UInt8(ascii: "}")) else { throw failure(.expectedCommaOrBrace) }
        close(object, .object, count: count)
        if count > 1 { try rejectDuplicateKeys(ofObjectAt: object, count: count) }
    }

    @inline(__always)
    private mutating func parseMember() throws(JSONError) {
        guard peek() == UInt8(ascii: "\"") else { throw failure(.expectedKey) }
        try parseString()
        skipWhitespace()
        guard skip(UInt8(ascii: ":")) else { throw failure(.expectedColon) }
        skipWhitespace()
        try parseValue()
    }

    private mutating func parseArray() throws(JSONError) {
        let array = try open(.array)
        var count = 0
        if peek() != UInt8(ascii: "]") {
            repeat {
                skipWhitespace()
                try parseValue()
                count &+= 1
                skipWhitespace()
            } while skip(UInt8(ascii: ","))
        }
        guard skip(UInt8(ascii: "]")) else { throw failure(.expectedCommaOrBracket) }
        close(array, .array, count: count)
    }

    /// Enters a container: its token is filled in when it closes. Returns the token's index.
    @inline(__always)
    private mutating func open(_ kind: JSONKind) throws(JSONError) -> Int {
        guard depthLeft > 0 else { throw failure(.tooDeep) }
        depthLeft &-= 1
        let index = tokens.count
        tokens.append(JSONToken(offset: position, length: 0, next: 0, kind: kind))
        position &+= 1
        skipWhitespace()
        return index
    }

    @inline(__always)
    private mutating func close(_ index: Int, _ kind: JSONKind, count: Int) {
        depthLeft &+= 1
        let offset = Int(tokens.start[index].offset)
        tokens.start[index] = JSONToken(
            offset: offset,
            length: position &- offset,
            next: tokens.count,
            kind: kind,
            count: count
        )
    }

    private mutating func parseLiteral(
        _ literal: StaticString,
        _ kind: JSONKind,
        mark: Bool = false
    ) throws(JSONError) {
        let length = literal.utf8CodeUnitCount
        guard end &- position >= length, ByteScan.equal(input + position, literal.utf8Start, count: length) else {
            throw failure(.invalidLiteral)
        }
        appendScalar(from: position, to: position &+ length, kind, mark: mark)
    }

    /// Appends the token of a value without content and steps behind it.
    @inline(__always)
    mutating func appendScalar(from start: Int, to stop: Int, _ kind: JSONKind, mark: Bool) {
        tokens.append(
            JSONToken(offset: start, length: stop &- start, next: tokens.count &+ 1, kind: kind, mark: mark)
        )
        position = stop
    }
}

/// Bytes and errors at the current position.
extension JSONParser {
    /// The byte at the position; 0, which stands nowhere in a JSON text, at the end.
    @inline(__always)
    func peek() -> UInt8 { peek(at: position) }

    @inline(__always)
    func peek(at offset: Int) -> UInt8 { offset < end ? ByteScan.byte(input, at: offset) : 0 }

    @inline(__always)
    mutating func skip(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position &+= 1
        return true
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < end {
            let byte = ByteScan.byte(input, at: position)
            guard byte <= UInt8(ascii: " "), isWhitespace(byte) else { return }
            position &+= 1
        }
    }

    @inline(__always)
    private func isWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\t")
    }

    private var startsWithByteOrderMark: Bool {
        position == 0 && peek(at: 1) == 0xBB && peek(at: 2) == 0xBF
    }

    func failure(_ reason: JSONError.Reason) -> JSONError { failure(reason, at: position) }

    /// Where the input ends, its end is the reason.
    func failure(_ reason: JSONError.Reason, at offset: Int) -> JSONError {
        offset < end ? JSONError(offset: offset, reason: reason) : JSONError(offset: end, reason: .unexpectedEnd)
    }
}
