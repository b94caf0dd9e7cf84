/// Members of an object.
extension JSONWriter {
    /// Writes the name of a member; its value must be written next.
    @inlinable
    public mutating func key(_ name: StaticString) {
        appendString(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        endKey()
    }

    /// The same for a name that is known only at run time.
    @inlinable
    public mutating func key(_ name: String) {
        name.write(to: &self)
        endKey()
    }

    /// Writes a member.
    @inlinable
    public mutating func member(_ name: StaticString, _ value: some JSONWritable) {
        key(name)
        value.write(to: &self)
    }

    /// Writes a member that is a string, given as valid UTF-8.
    @inlinable
    public mutating func member(_ name: StaticString, text: some Collection<UInt8>) {
        key(name)
        value(text: text)
    }

    /// Writes a member whose value is JSON already.
    @inlinable
    public mutating func member(_ name: StaticString, raw json: some Collection<UInt8>) {
        key(name)
        value(raw: json)
    }

    /// Writes a member that is `null`.
    @inlinable
    public mutating func memberNull(_ name: StaticString) {
        key(name)
        null()
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

    @inlinable @inline(__always)
    mutating func endKey() {
        buffer.append(UInt8(ascii: ":"))
        needsComma = false
    }
}
