/// Members of an object.
extension JSONWriter {
    /// Writes the name of a member; its value must be written next. Names in the program's text are written as they
    /// stand there: they must need no escape.
    @inlinable @inline(__always)
    public mutating func key(_ name: StaticString) {
        appendMember(name, upTo: 0) { _ in 0 }
        needsComma = false
    }

    /// The same for a name that is known only at run time, with any characters.
    @inlinable
    public mutating func key(_ name: String) {
        name.write(to: &self)
        buffer.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a member.
    @inlinable @inline(__always)
    public mutating func member(_ name: StaticString, _ value: some JSONWritable) {
        value.write(asMember: name, to: &self)
    }

    /// Writes a member that is a string, given as valid UTF-8.
    @inlinable @inline(__always)
    public mutating func member(_ name: StaticString, text: some Collection<UInt8>) {
        text.withContiguousBytes { bytes in member(name, text: bytes) }
    }

    /// Writes a member that is a string, given as valid UTF-8.
    @inlinable @inline(__always)
    public mutating func member(_ name: StaticString, text: UnsafeRawBufferPointer) {
        var plain = 0
        appendMember(name, upTo: text.count &+ 2) { memory in
            let (end, copied) = JSONEscape.storeString(text, to: memory, at: 0)
            plain = copied
            return end
        }
        if plain < text.count { JSONEscape.appendRest(of: text, from: plain, to: &buffer) }
    }

    /// Writes a member whose value is JSON already.
    @inlinable @inline(__always)
    public mutating func member(_ name: StaticString, raw json: some Collection<UInt8>) {
        json.withContiguousBytes { bytes in member(name, raw: bytes) }
    }

    /// Writes a member whose value is JSON already.
    @inlinable @inline(__always)
    public mutating func member(_ name: StaticString, raw json: UnsafeRawBufferPointer) {
        appendMember(name, upTo: json.count) { memory in memory.store(json, at: 0) }
    }

    /// Writes a member that is `null`.
    @inlinable
    public mutating func memberNull(_ name: StaticString) {
        member(name, raw: UnsafeRawBufferPointer("null"))
    }

    /// Writes a member that is an object, whose members `body` writes.
    @inlinable
    public mutating func object<E: Error>(
        _ name: StaticString,
        _ body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        key(name)
        try object(body)
    }

    /// Writes a member that is an array, whose elements `body` writes.
    @inlinable
    public mutating func array<E: Error>(
        _ name: StaticString,
        _ body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        key(name)
        try array(body)
    }

    /// Appends a comma where one is due, the name, the colon, and up to `capacity` bytes of value, all in one step. The
    /// length of the name is known to the compiler, and with it the few stores that copy it.
    @inlinable @inline(__always)
    mutating func appendMember(
        _ name: StaticString,
        upTo capacity: Int,
        _ writeValue: (UnsafeMutableRawPointer) -> Int
    ) {
        assert(JSONEscape.isPlain(UnsafeRawBufferPointer(name)), "the member name needs escapes: \(name)")
        let needsComma = needsComma
        buffer.append(upTo: name.utf8CodeUnitCount &+ 4 &+ capacity) { memory in
            var end = memory.storeComma(needsComma)
            end = memory.store(UInt8(ascii: "\""), at: end)
            end = memory.store(UnsafeRawBufferPointer(name), at: end)
            end = memory.store(UInt8(ascii: "\""), at: end)
            end = memory.store(UInt8(ascii: ":"), at: end)
            return end &+ writeValue(memory + end)
        }
        self.needsComma = true
    }
}
