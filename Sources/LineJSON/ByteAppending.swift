/// Appending in one step what is computed while it is written.
extension [UInt8] {
    /// Makes room for `capacity` more bytes, growing geometrically, lets `write` fill it from the start, and keeps as
    /// many bytes as `write` returns.
    @inline(__always)
    mutating func append(upTo capacity: Int, _ write: (UnsafeMutableRawPointer) -> Int) {
        append(addingCapacity: capacity) { span in
            span.withUnsafeMutableBufferPointer { memory, count in
                count = write(UnsafeMutableRawPointer(memory.baseAddress.unsafelyUnwrapped))
            }
        }
    }
}
