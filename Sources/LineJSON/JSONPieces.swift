/// Writes a value piece by piece into memory that was reserved for all of it, by plain stores: for texts that are
/// written with every call. Who uses it keeps to the grammar, commas included.
@usableFromInline
package struct JSONPieces: ~Copyable {
    @usableFromInline let memory: UnsafeMutableRawPointer
    @usableFromInline var count = 0

    /// What an integer may take, in bytes.
    @inlinable package static var integerBytesMax: Int { DecimalInteger.roomMax }

    @inlinable @inline(__always)
    init(at memory: UnsafeMutableRawPointer) {
        self.memory = memory
    }

    /// Lends what was written so far.
    @inlinable package var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    /// Writes a literal. Its length is known to the compiler, and with it the few stores that copy it.
    @inlinable @inline(__always)
    package mutating func write(_ literal: StaticString) {
        write(UnsafeRawBufferPointer(literal))
    }

    /// Writes bytes as they are.
    @inlinable @inline(__always)
    package mutating func write(_ json: UnsafeRawBufferPointer) {
        count = memory.store(json, at: count)
    }

    /// Writes the decimal digits of an integer.
    @inlinable @inline(__always)
    package mutating func write(_ number: Int64) {
        count &+= DecimalInteger.write(number, to: memory + count)
    }

    /// Writes a string, escaped the one way this project escapes, however the input escaped it. That never takes more
    /// bytes than the input has: only what must be is escaped, and no escape is longer than another of the same.
    @inlinable @inline(__always)
    package mutating func write(canonical string: JSONView) {
        if string.hasEscapes { writeEscaped(string) } else { write(string.rawBytes) }
    }

    @usableFromInline @inline(never)
    mutating func writeEscaped(_ string: JSONView) {
        var canonical: [UInt8] = []
        string.withText { text in JSONEscape.appendString(text, to: &canonical) }
        canonical.withUnsafeBytes { bytes in write(bytes) }
    }
}

extension JSONWriter {
    /// Writes a value of at most `capacity` bytes in one step.
    @inlinable @inline(__always)
    package mutating func value(upTo capacity: Int, _ write: (inout JSONPieces) -> Void) {
        appendValue(upTo: capacity) { memory in
            var pieces = JSONPieces(at: memory)
            write(&pieces)
            precondition(pieces.count <= capacity, "the value is longer than was said")
            return pieces.count
        }
    }

    /// Writes an object of which `write` writes the first at most `capacity` bytes, up to the value of a member, and
    /// `value` that value, the last one.
    @inlinable @inline(__always)
    package mutating func object<E: Error>(
        openedBy write: (inout JSONPieces) -> Void,
        upTo capacity: Int,
        _ value: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        self.value(upTo: capacity, write)
        needsComma = false
        try value(&self)
        close(UInt8(ascii: "}"))
    }
}
