/// A reusable JSON reader: parses one text at a time into a flat list of tokens, whose memory serves the next text
/// again.
///
/// One pass over the bytes validates all of RFC 8259, and a little more: UTF-8 without overlong forms or surrogates,
/// `\u` surrogates only in pairs, no byte order mark, no two members of the same name in one object (an answer must
/// never depend on which of them wins), and no deeper nesting than `depthLimit`.
public struct JSONTape: ~Copyable {
    /// The longest text that is read, in bytes: token offsets are 32 bits wide and counts 28.
    public static let byteCountMax = 1 << 28
    /// The highest `depthLimit`: the parser recurses once for each open array or object.
    public static let depthLimitMax = 512
    /// Memory for more tokens than this (16 bytes each) is given back after use, so one huge text is not held for ever.
    static let retainedTokensMax = 65_536
    static let initialTokens = 64

    /// How many arrays and objects may be open at once.
    public let depthLimit: Int
    @usableFromInline var tokens: JSONTokenBuffer

    /// A reader that accepts at most `depthLimit` (1 … `depthLimitMax`) arrays and objects inside each other.
    public init(depthLimit: Int = 64) {
        precondition((1...JSONTape.depthLimitMax).contains(depthLimit), "depthLimit out of range")
        self.depthLimit = depthLimit
        tokens = JSONTokenBuffer(capacity: JSONTape.initialTokens)
    }

    deinit {
        tokens.start.deallocate()
    }

    /// Parses `bytes` and lends the root value to `body`. The view, and every view reached from it, is valid only until
    /// `body` returns.
    ///
    /// Throws `JSONError` when the bytes are not one acceptable JSON text, and whatever `body` throws.
    @inlinable
    public mutating func withParsed<R>(_ bytes: UnsafeRawBufferPointer, _ body: (JSONView) throws -> R) throws -> R {
        try withResult(of: bytes) { result in try body(result.get()) }
    }

    /// The same over the bytes of any collection, such as `[UInt8]`; those of a contiguous one are not copied.
    @inlinable
    public mutating func withParsed<R>(_ bytes: some Collection<UInt8>, _ body: (JSONView) throws -> R) throws -> R {
        let result = try bytes.withContiguousStorageIfAvailable { buffer in
            try withParsed(UnsafeRawBufferPointer(buffer), body)
        }
        if let result { return result }
        return try Array(bytes).withUnsafeBytes { buffer in try withParsed(buffer, body) }
    }

    /// Parses `bytes` and lends `body` the root value or the error, for callers that answer both. Throws only what
    /// `body` throws.
    @inlinable
    public mutating func withResult<R, E: Error>(
        of bytes: UnsafeRawBufferPointer,
        _ body: (Result<JSONView, JSONError>) throws(E) -> R
    ) throws(E) -> R {
        defer { releaseExcess() }
        return try body(parsed(bytes))
    }

    @inlinable @inline(__always)
    mutating func parsed(_ bytes: UnsafeRawBufferPointer) -> Result<JSONView, JSONError> {
        do throws(JSONError) {
            let input = try parse(bytes)
            return .success(JSONView(at: UnsafePointer(tokens.start), of: input))
        } catch {
            return .failure(error)
        }
    }

    /// Fills the tape and returns where the input begins.
    @usableFromInline
    mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> UnsafeRawPointer {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { throw JSONError(offset: 0, reason: .unexpectedEnd) }
        guard bytes.count <= JSONTape.byteCountMax else {
            throw JSONError(offset: JSONTape.byteCountMax, reason: .tooLong)
        }
        tokens.count = 0
        var parser = JSONParser(JSONInput(start: start, end: bytes.count), depthLimit: depthLimit, tokens: tokens)
        defer { tokens = parser.tokens }
        try parser.parseText()
        return start
    }

    @usableFromInline
    mutating func releaseExcess() {
        guard tokens.capacity > JSONTape.retainedTokensMax else { return }
        tokens.start.deallocate()
        tokens = JSONTokenBuffer(capacity: JSONTape.initialTokens)
    }
}

/// A tape owns its memory alone, so it may move to another thread; views may not.
extension JSONTape: @unchecked Sendable {}
