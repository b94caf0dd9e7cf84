/// The recursive descent through one JSON text (RFC 8259 section 2 to 7), writing tokens as it goes.
///
/// Every step takes the offset at which it begins and returns the one behind what it read: the place in the text stays
/// in a register and is no member that each step would have to load and store.
struct JSONParser {
    let input: JSONInput
    /// How many more arrays and objects may be opened inside the current one.
    var depthLeft: Int
    var tokens: JSONTokenBuffer

    init(_ input: JSONInput, depthLimit: Int, tokens: JSONTokenBuffer) {
        self.input = input
        depthLeft = depthLimit
        self.tokens = tokens
    }

    mutating func parseText() throws(JSONError) {
        guard !input.startsWithByteOrderMark else { throw input.failure(.byteOrderMark, at: 0) }
        tokens.reserve(1)
        let stop = input.skipWhitespace(from: try parseValue(at: 0))
        guard stop == input.end else { throw input.failure(.bytesAfterValue, at: stop) }
    }

    /// Reads any value, for which room for one token was made before. Most are strings and numbers without whitespace.
    @inline(__always)
    private mutating func parseValue(at start: Int) throws(JSONError) -> Int {
        let first = input.peek(at: start)
        if first == UInt8(ascii: "\"") { return try parseString(at: start) }
        if JSONInput.isDigit(first) { return try parseNumber(at: start) }
        return try parseAnyValue(at: start)
    }

    private mutating func parseAnyValue(at offset: Int) throws(JSONError) -> Int {
        let start = input.skipWhitespace(from: offset)
        switch input.peek(at: start) {
        case UInt8(ascii: "{"): return try parseObject(at: start)
        case UInt8(ascii: "["): return try parseArray(at: start)
        case UInt8(ascii: "\""): return try parseString(at: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber(at: start)
        case UInt8(ascii: "t"): return try parseLiteral("true", at: start, .boolean, mark: true)
        case UInt8(ascii: "f"): return try parseLiteral("false", at: start, .boolean)
        case UInt8(ascii: "n"): return try parseLiteral("null", at: start, .null)
        default: throw input.failure(.expectedValue, at: start)
        }
    }

    private mutating func parseObject(at start: Int) throws(JSONError) -> Int {
        let object = try open(.object, at: start)
        var names = KeySummary()
        var count = 0
        var cursor = start &+ 1
        if !input.skip(UInt8(ascii: "}"), at: &cursor) {
            repeat {
                // For the name and its value.
                tokens.reserve(2)
                guard input.skip(UInt8(ascii: "\""), at: &cursor) else {
                    throw input.failure(.expectedKey, at: cursor)
                }
                cursor = try parseName(from: cursor, into: &names)
                guard input.skip(UInt8(ascii: ":"), at: &cursor) else {
                    throw input.failure(.expectedColon, at: cursor)
                }
                cursor = try parseValue(at: cursor)
                count &+= 1
            } while input.skip(UInt8(ascii: ","), at: &cursor)
            guard input.skip(UInt8(ascii: "}"), at: &cursor) else {
                throw input.failure(.expectedCommaOrBrace, at: cursor)
            }
        }
        close(object, .object, from: start, to: cursor, count: count)
        if names.mayRepeat { try rejectDuplicateKeys(ofObjectAt: object) }
        return cursor
    }

    private mutating func parseArray(at start: Int) throws(JSONError) -> Int {
        let array = try open(.array, at: start)
        var count = 0
        var cursor = start &+ 1
        if !input.skip(UInt8(ascii: "]"), at: &cursor) {
            repeat {
                tokens.reserve(1)
                cursor = try parseValue(at: cursor)
                count &+= 1
            } while input.skip(UInt8(ascii: ","), at: &cursor)
            guard input.skip(UInt8(ascii: "]"), at: &cursor) else {
                throw input.failure(.expectedCommaOrBracket, at: cursor)
            }
        }
        close(array, .array, from: start, to: cursor, count: count)
        return cursor
    }

    /// Enters a container: its token is filled in when it closes. Returns the token's index.
    @inline(__always)
    private mutating func open(_ kind: JSONKind, at start: Int) throws(JSONError) -> Int {
        guard depthLeft > 0 else { throw input.failure(.tooDeep, at: start) }
        depthLeft &-= 1
        return tokens.append(JSONToken(offset: start, length: 0, extent: 0, kind: kind))
    }

    @inline(__always)
    private mutating func close(_ index: Int, _ kind: JSONKind, from start: Int, to stop: Int, count: Int) {
        depthLeft &+= 1
        tokens.start[index] = JSONToken(
            offset: start,
            length: stop &- start,
            extent: tokens.count &- index,
            kind: kind,
            count: count
        )
    }

    private mutating func parseLiteral(
        _ literal: StaticString,
        at start: Int,
        _ kind: JSONKind,
        mark: Bool = false
    ) throws(JSONError) -> Int {
        let length = literal.utf8CodeUnitCount
        guard input.end &- start >= length, ByteScan.equal(input.start + start, literal.utf8Start, count: length) else {
            throw input.failure(.invalidLiteral, at: start)
        }
        return appendScalar(from: start, to: start &+ length, kind, mark: mark)
    }

    /// Reads the string whose opening quote is at `start`.
    @inline(__always)
    private mutating func parseString(at start: Int) throws(JSONError) -> Int {
        let (quote, hasEscapes) = try input.endOfString(from: start &+ 1)
        return appendScalar(from: start, to: quote &+ 1, .string, mark: hasEscapes)
    }

    /// Reads a member's name, given where it begins behind its opening quote, and notes it in `names`.
    @inline(__always)
    private mutating func parseName(from start: Int, into names: inout KeySummary) throws(JSONError) -> Int {
        let (quote, hasEscapes) = try input.endOfString(from: start)
        if hasEscapes { names.insertEscaped() } else { names.insert(input.start, from: start, to: quote) }
        return appendScalar(from: start &- 1, to: quote &+ 1, .string, mark: hasEscapes)
    }

    @inline(__always)
    private mutating func parseNumber(at start: Int) throws(JSONError) -> Int {
        let (stop, isPlain) = try input.endOfNumber(from: start)
        return appendScalar(from: start, to: stop, .number, mark: isPlain)
    }

    /// Appends the token of a value without content. Returns the offset behind it.
    @inline(__always)
    private mutating func appendScalar(from start: Int, to stop: Int, _ kind: JSONKind, mark: Bool) -> Int {
        tokens.append(JSONToken(offset: start, length: stop &- start, extent: 1, kind: kind, mark: mark))
        return stop
    }
}
