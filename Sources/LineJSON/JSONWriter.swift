/// Writes JSON into a byte buffer that it owns, that can be taken out, and that can be given back for the next text.
///
/// Commas come by themselves. The caller keeps to the grammar: inside `object` only members, elsewhere only values.
///
///     writer.object { object in
///         object.member("position", 42)
///         object.array("paused") { array in array.value("quota") }
///     }
///     writer.endLine()
public struct JSONWriter: Sendable {
    @usableFromInline var buffer: [UInt8]
    /// Whether a value stands directly before the end, so that the next one needs a comma between.
    @usableFromInline var needsComma = false

    /// A writer into the memory of `buffer`, whose content is dropped.
    public init(reusing buffer: consuming [UInt8] = []) {
        self.buffer = buffer
        self.buffer.removeAll(keepingCapacity: true)
    }

    /// What was written so far.
    @inlinable public var bytes: [UInt8] { buffer }

    /// How many bytes were written so far.
    @inlinable public var count: Int { buffer.count }

    /// Takes the bytes out and leaves the writer empty, without memory.
    public mutating func take() -> [UInt8] {
        needsComma = false
        var taken: [UInt8] = []
        swap(&taken, &buffer)
        return taken
    }

    /// Drops what was written and keeps the memory.
    public mutating func removeAll() {
        needsComma = false
        buffer.removeAll(keepingCapacity: true)
    }

    /// Ends a line: `\n`. What follows begins a text of its own.
    @inlinable
    public mutating func endLine() {
        buffer.append(UInt8(ascii: "\n"))
        needsComma = false
    }
}

/// Values: the root, or the elements of an array, or what follows a `key`.
extension JSONWriter {
    /// Writes a value.
    @inlinable
    public mutating func value(_ value: some JSONWritable) { value.write(to: &self) }

    /// Writes `null`.
    @inlinable
    public mutating func null() { appendValue(rawText: "null") }

    /// Writes a string, given as valid UTF-8.
    @inlinable
    public mutating func value(text: some Collection<UInt8>) {
        let done: Void? = text.withContiguousStorageIfAvailable { contiguous in
            appendString(UnsafeRawBufferPointer(contiguous))
        }
        if done == nil { Array(text).withUnsafeBytes { contiguous in appendString(contiguous) } }
    }

    /// Writes a value that is JSON already.
    @inlinable
    public mutating func value(raw json: some Collection<UInt8>) {
        beginValue()
        buffer.append(contentsOf: json)
    }

    /// Writes an object whose members `body` writes.
    @inlinable
    public mutating func object<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        try nested(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// Writes an array whose elements `body` writes.
    @inlinable
    public mutating func array<E: Error>(_ body: (inout JSONWriter) throws(E) -> Void) throws(E) {
        try nested(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    @inlinable @inline(__always)
    mutating func nested<E: Error>(
        _ opening: UInt8,
        _ closing: UInt8,
        _ body: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
        buffer.append(opening)
        needsComma = false
        try body(&self)
        buffer.append(closing)
        needsComma = true
    }

    @inlinable @inline(__always)
    mutating func beginValue() {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    @inlinable @inline(__always)
    mutating func appendString(_ text: UnsafeRawBufferPointer) {
        JSONEscape.appendString(text, afterComma: needsComma, to: &buffer)
        needsComma = true
    }

    @inlinable @inline(__always)
    mutating func appendValue(rawText: StaticString) {
        beginValue()
        buffer.append(contentsOf: UnsafeBufferPointer(start: rawText.utf8Start, count: rawText.utf8CodeUnitCount))
    }
}
