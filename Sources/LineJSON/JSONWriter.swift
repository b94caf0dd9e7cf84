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

    /// Makes room for `byteCount` bytes in all.
    public mutating func reserveCapacity(_ byteCount: Int) {
        buffer.reserveCapacity(byteCount)
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
    public mutating func null() { value(raw: UnsafeRawBufferPointer("null")) }

    /// Writes a string, given as valid UTF-8.
    @inlinable
    public mutating func value(text: some Collection<UInt8>) {
        text.withContiguousBytes { bytes in value(text: bytes) }
    }

    /// Writes a string, given as valid UTF-8.
    @inlinable
    public mutating func value(text: UnsafeRawBufferPointer) {
        var plain = 0
        appendValue(upTo: text.count &+ 2) { memory in
            let (end, copied) = JSONEscape.storeString(text, to: memory, at: 0)
            plain = copied
            return end
        }
        if plain < text.count { JSONEscape.appendRest(of: text, from: plain, to: &buffer) }
    }

    /// Writes a value that is JSON already.
    @inlinable
    public mutating func value(raw json: some Collection<UInt8>) {
        json.withContiguousBytes { bytes in value(raw: bytes) }
    }

    /// Writes a value that is JSON already.
    @inlinable
    public mutating func value(raw json: UnsafeRawBufferPointer) {
        appendValue(upTo: json.count) { memory in memory.store(json, at: 0) }
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
        appendValue(upTo: 1) { memory in memory.store(opening, at: 0) }
        needsComma = false
        try body(&self)
        close(closing)
    }

    @inlinable @inline(__always)
    mutating func close(_ closing: UInt8) {
        buffer.append(closing)
        needsComma = true
    }

    /// Appends a comma where one is due and up to `capacity` bytes of value, in one step.
    @inlinable @inline(__always)
    mutating func appendValue(upTo capacity: Int, _ writeValue: (UnsafeMutableRawPointer) -> Int) {
        let needsComma = needsComma
        buffer.append(upTo: capacity &+ 1) { memory in
            let start = memory.storeComma(needsComma)
            return start &+ writeValue(memory + start)
        }
        self.needsComma = true
    }
}

extension Collection<UInt8> {
    /// Lends the bytes as they stand in memory; those of a collection that is not contiguous are copied first.
    @inlinable @inline(__always)
    func withContiguousBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        let done: Void? = withContiguousStorageIfAvailable { bytes in body(UnsafeRawBufferPointer(bytes)) }
        if done == nil { Array(self).withUnsafeBytes(body) }
    }
}
