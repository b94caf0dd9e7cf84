/// Strings, as slices of the input that are unescaped only when they need it.
extension JSONView {
    /// Whether this is a string with at least one backslash escape.
    @inlinable public var hasEscapes: Bool { kind == .string && token.mark }

    /// Whether this is a string whose bytes between the quotes are its text.
    @inlinable var isPlainString: Bool {
        @inline(__always) get { token.packed & JSONToken.kindAndMarkMask == UInt32(JSONKind.string.rawValue) }
    }

    /// The bytes between the quotes, escapes as they were written; nil when this is no string.
    @inlinable public var stringBytes: UnsafeRawBufferPointer? { kind == .string ? bytesBetweenQuotes : nil }

    @inlinable var bytesBetweenQuotes: UnsafeRawBufferPointer {
        @inline(__always) get {
            UnsafeRawBufferPointer(start: input + Int(token.offset) + 1, count: Int(token.length) - 2)
        }
    }

    /// Lends the string's text as UTF-8, unescaped: the input itself when there is nothing to unescape. Gives nil,
    /// without calling `body`, when this is no string.
    @inlinable
    public func withText<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R? {
        guard kind == .string else { return nil }
        guard token.mark else { return try body(bytesBetweenQuotes) }
        return try JSONEscape.withUnescaped(bytesBetweenQuotes, body)
    }

    /// The string's text; nil when this is no string.
    @inlinable
    public func string() -> String? {
        withText { text in String(decoding: text, as: UTF8.self) }
    }

    /// Appends the string's text as UTF-8, unescaped. Returns false, appending nothing, when this is no string.
    @inlinable @discardableResult
    public func appendUnescaped(to bytes: inout [UInt8]) -> Bool {
        withText { text in bytes.append(contentsOf: text) } != nil
    }

    /// Whether this is a string with exactly this text, code point by code point.
    @inlinable @inline(__always)
    public func equals(_ text: StaticString) -> Bool {
        guard isPlainString else { return equalsUnescaped(text) }
        // The length of a literal is known to the compiler, and with it the few loads that compare the bytes.
        let count = text.utf8CodeUnitCount
        guard Int(token.length) == count &+ 2 else { return false }
        return ByteScan.equal(input + Int(token.offset) + 1, text.utf8Start, count: count)
    }

    @usableFromInline @inline(never)
    func equalsUnescaped(_ text: StaticString) -> Bool {
        withText { unescaped in JSONView.equal(unescaped, UnsafeRawBufferPointer(text)) } == true
    }

    /// Whether this is a string with exactly this text, code point by code point, however it was escaped.
    @inlinable
    public func hasText(_ text: String) -> Bool {
        withText { bytes in bytes.count == text.utf8.count && bytes.elementsEqual(text.utf8) } == true
    }

    /// Whether two strings have the same text, however each was escaped.
    func hasEqualText(_ other: JSONView) -> Bool {
        withText { text in other.withText { otherText in JSONView.equal(text, otherText) } } == true
    }

    /// Whether one string's text comes before another's, byte by byte of their UTF-8.
    func textPrecedes(_ other: JSONView) -> Bool {
        withText { text in other.withText { otherText in text.lexicographicallyPrecedes(otherText) } } == true
    }

    @inlinable @inline(__always)
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, let leftStart = left.baseAddress, let rightStart = right.baseAddress else {
            return left.isEmpty && right.isEmpty
        }
        return ByteScan.equal(leftStart, rightStart, count: left.count)
    }
}
