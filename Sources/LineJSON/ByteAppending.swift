/// Appending in one step what is computed while it is written.
extension [UInt8] {
    /// Makes room for `capacity` more bytes, growing geometrically, lets `write` fill it from the start, and keeps as
    /// many bytes as `write` returns.
    @inlinable @inline(__always)
    package mutating func append(upTo capacity: Int, _ write: (UnsafeMutableRawPointer) -> Int) {
        append(addingCapacity: capacity) { span in
            span.withUnsafeMutableBufferPointer { memory, count in
                count = write(UnsafeMutableRawPointer(memory.baseAddress.unsafelyUnwrapped))
            }
        }
    }
}

/// Plain stores of the pieces of JSON. Each returns the offset behind what it wrote.
extension UnsafeMutableRawPointer {
    @inlinable @inline(__always)
    func store(_ byte: UInt8, at offset: Int) -> Int {
        storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        return offset &+ 1
    }

    @inlinable @inline(__always)
    package func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        if let start = bytes.baseAddress { (self + offset).copyMemory(from: start, byteCount: bytes.count) }
        return offset &+ bytes.count
    }

    /// A comma when one is due. Its place is written in any case, which costs less than to decide.
    @inlinable @inline(__always)
    func storeComma(_ isDue: Bool) -> Int {
        storeBytes(of: UInt8(ascii: ","), as: UInt8.self)
        return isDue ? 1 : 0
    }
}

/// Comparing with literals.
extension UnsafeRawPointer {
    /// Whether `text` stands at `offset`, where there must be as many bytes. The length of a literal is known to the
    /// compiler, and with it the few loads that compare the bytes.
    @inlinable @inline(__always)
    package func isText(_ text: StaticString, at offset: Int) -> Bool {
        ByteScan.equal(self + offset, text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
