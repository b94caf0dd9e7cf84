/// The six kinds of JSON value. Tokens hold their raw values, which are Swift's own numbering from 0.
public enum JSONKind: UInt8, Hashable, Sendable {
    case null
    case boolean
    case number
    case string
    case array
    case object
}

/// One value (or member name) of a parsed text: 16 bytes that say where it stands in the input and how far it is to the
/// next one.
///
/// Tokens stand in the order of the text. A container is followed by its content: an array by its elements, an object
/// by name, value, name, value …
@usableFromInline
struct JSONToken {
    /// First byte of the value in the input; of a string, its opening quote.
    @usableFromInline var offset: UInt32
    /// Length of the value in the input, in bytes; of a string, with both quotes.
    @usableFromInline var length: UInt32
    /// Tokens of this value and all its content: so far is it to the token behind them.
    @usableFromInline var extent: UInt32
    /// Number of elements or members << 4 | mark << 3 | kind.
    @usableFromInline var packed: UInt32

    @usableFromInline static let kindAndMarkMask: UInt32 = 0b1111

    @inlinable @inline(__always)
    init(offset: Int, length: Int, extent: Int, kind: JSONKind, mark: Bool = false, count: Int = 0) {
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.length = UInt32(truncatingIfNeeded: length)
        self.extent = UInt32(truncatingIfNeeded: extent)
        packed = UInt32(truncatingIfNeeded: count << 4) | (mark ? 8 : 0) | UInt32(kind.rawValue)
    }

    @inlinable var kind: JSONKind {
        @inline(__always) get { unsafeBitCast(UInt8(truncatingIfNeeded: packed & 7), to: JSONKind.self) }
    }

    /// What it means depends on the kind. Boolean: it is `true`. String: it has escapes. Number: it has neither
    /// fraction nor exponent.
    @inlinable var mark: Bool { packed & 8 != 0 }

    @inlinable var count: Int { Int(packed >> 4) }
}

/// The growing store of tokens. It does not own its memory: `JSONTape` does, and lends it to the parser.
@usableFromInline
struct JSONTokenBuffer {
    @usableFromInline var start: UnsafeMutablePointer<JSONToken>
    @usableFromInline var count = 0
    @usableFromInline var capacity: Int

    init(capacity: Int) {
        start = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    /// Makes room for `additional` tokens.
    @inline(__always)
    mutating func reserve(_ additional: Int) {
        if count &+ additional > capacity { self = grown() }
    }

    /// Appends into room that was reserved. Returns the token's index.
    @inline(__always) @discardableResult
    mutating func append(_ token: JSONToken) -> Int {
        let index = count
        (start + index).initialize(to: token)
        count = index &+ 1
        return index
    }

    /// The same tokens with twice the room; the old memory is gone.
    @inline(never)
    private func grown() -> JSONTokenBuffer {
        var larger = JSONTokenBuffer(capacity: capacity * 2)
        larger.start.moveInitialize(from: start, count: count)
        larger.count = count
        start.deallocate()
        return larger
    }
}
