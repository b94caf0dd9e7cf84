/// One value of a parsed text: two pointers and an index, cheap to copy, valid only inside the closure it was lent to.
///
/// Nothing is decoded before it is asked for. Asking for something the value is not gives nil, never a trap.
public struct JSONView {
    @usableFromInline let tokens: UnsafePointer<JSONToken>
    @usableFromInline let input: UnsafeRawPointer
    @usableFromInline let index: Int

    @inlinable @inline(__always)
    init(tokens: UnsafePointer<JSONToken>, input: UnsafeRawPointer, index: Int) {
        self.tokens = tokens
        self.input = input
        self.index = index
    }

    @inlinable var token: JSONToken {
        @inline(__always) get { tokens[index] }
    }

    /// What sort of value this is.
    @inlinable public var kind: JSONKind {
        @inline(__always) get { token.kind }
    }

    /// Offset of the value's first byte in the input.
    @inlinable public var offset: Int { Int(token.offset) }

    /// The exact bytes of the value in the input, without whitespace around it; of a string, with its quotes.
    @inlinable public var rawBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: input + Int(token.offset), count: Int(token.length))
    }

    /// Whether this is `null`.
    @inlinable public var isNull: Bool { kind == .null }

    /// The value of `true` or `false`; nil for any other kind.
    @inlinable public var bool: Bool? { kind == .boolean ? token.mark : nil }

    /// Elements of an array or members of an object; 0 for scalars.
    @inlinable public var count: Int { token.count }
}
