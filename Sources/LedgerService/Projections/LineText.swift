import LineJSON

/// A string of a line, found but not decoded: its bytes between the quotes. Valid as long as the line's memory is.
struct LineText {
    private let start: UnsafeRawPointer?
    private let count: Int
    private let hasEscapes: Bool

    /// Of a member that a line leaves out.
    static var missing: LineText { LineText(start: nil, count: 0, hasEscapes: false) }

    @inline(__always)
    init(start: UnsafeRawPointer?, count: Int, hasEscapes: Bool) {
        (self.start, self.count, self.hasEscapes) = (start, count, hasEscapes)
    }

    /// Missing where the value is no string.
    init(_ view: JSONView?) {
        guard let view, let bytes = view.stringBytes else {
            self = .missing
            return
        }
        self.init(start: bytes.baseAddress, count: bytes.count, hasEscapes: view.hasEscapes)
    }

    init(_ text: StaticString) {
        self.init(start: text.utf8Start, count: text.utf8CodeUnitCount, hasEscapes: false)
    }

    var isMissing: Bool { start == nil }

    /// Bytes of the text at most.
    var countMax: Int { count }

    /// The bytes as the line has them.
    var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// Stores the text as UTF-8, unescaped, and returns the offset behind it. There must be room for `countMax`.
    @inline(__always)
    func store(to memory: UnsafeMutableRawPointer, at offset: Int) -> Int {
        guard hasEscapes else { return memory.store(raw, at: offset) }
        return offset
            + JSONEscape.unescape(raw, into: UnsafeMutableRawBufferPointer(start: memory + offset, count: count))
    }

    /// Lends the text as UTF-8, unescaped; empty when it is missing.
    func withText<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        guard hasEscapes else { return try body(raw) }
        return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { memory in
            let length = store(to: memory.baseAddress.unsafelyUnwrapped, at: 0)
            return try body(UnsafeRawBufferPointer(rebasing: memory[..<length]))
        }
    }

    /// Whether the text is there, and is this one, code point by code point.
    func hasText(_ text: String) -> Bool {
        !isMissing && withText { $0.count == text.utf8.count && $0.elementsEqual(text.utf8) }
    }
}
