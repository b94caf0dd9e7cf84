/// One value of a parsed text: two pointers, cheap to copy, valid only inside the closure it was lent to.
///
/// Nothing is decoded before it is asked for. Asking for something the value is not gives nil, never a trap.
public struct JSONView {
    /// The value's token, which those of its content and of the values behind it follow.
    @usableFromInline let place: UnsafePointer<JSONToken>
    @usableFromInline let input: UnsafeRawPointer

    @inlinable @inline(__always)
    init(at place: UnsafePointer<JSONToken>, of input: UnsafeRawPointer) {
        self.place = place
        self.input = input
    }

    @inlinable var token: JSONToken {
        @inline(__always) get { place.pointee }
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
