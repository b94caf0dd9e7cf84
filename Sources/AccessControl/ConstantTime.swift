/// Comparing what is secret: how long it takes says nothing of where two texts differ.
package enum ConstantTime {
    /// Whether both hold the same bytes. Only a difference of their lengths ends it early; those are no secret.
    package static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
