import NIOCore

/// Composes text in memory whose size was made sure of beforehand: one check for each piece, no growing in between.
struct TextCursor: ~Copyable {
    /// Digits of the largest number that `write(decimal:)` takes.
    static let decimalBytesMax = 18

    private let memory: UnsafeMutableRawBufferPointer
    /// Bytes written so far.
    private(set) var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func write(_ text: UnsafeRawBufferPointer) {
        reserve(text.count).copyMemory(from: text.baseAddress.unsafelyUnwrapped, byteCount: text.count)
    }

    /// Two characters as they lie in memory.
    @inline(__always)
    mutating func write(_ pair: UInt16) {
        reserve(MemoryLayout<UInt16>.size).storeBytes(of: pair, as: UInt16.self)
    }

    /// The decimal digits of a number from 0 to 10^18 - 1.
    @inline(__always)
    mutating func write(decimal number: Int64) {
        var length = 1
        var power: Int64 = 10
        while number >= power, length < TextCursor.decimalBytesMax {
            length &+= 1
            power &*= 10
        }
        let digits = reserve(length)
        var rest = UInt64(number)
        for place in stride(from: length &- 1, through: 0, by: -1) {
            digits.storeBytes(of: UInt8(ascii: "0") &+ UInt8(rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
    }

    @inline(__always)
    private mutating func reserve(_ bytes: Int) -> UnsafeMutableRawPointer {
        precondition(bytes <= memory.count &- count, "the bound of a line's length is wrong")
        defer { count &+= bytes }
        return memory.baseAddress.unsafelyUnwrapped + count
    }
}

extension ByteBuffer {
    /// Appends what `compose` writes, at most `bytesMax` bytes.
    @inline(__always)
    mutating func compose(upTo bytesMax: Int, _ compose: (inout TextCursor) -> Void) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: bytesMax) { memory in
            var text = TextCursor(memory)
            compose(&text)
            return text.count
        }
    }
}
