/// Decimal digits of integers, without a String in between.
extension [UInt8] {
    /// Appends the decimal digits of `number`, with a `-` in front when it is negative.
    @inlinable
    public mutating func appendDecimal(_ number: Int64) {
        append(upTo: DecimalInteger.roomMax) { memory in DecimalInteger.write(number, to: memory) }
    }
}

/// Integers as decimal digits in memory.
@usableFromInline
enum DecimalInteger {
    /// Bytes that `write` may touch: a sign, up to 19 digits, and what the last word of eight stores behind them.
    @usableFromInline static let roomMax = 28

    /// Writes the digits of `number`, with a `-` in front when it is negative, and returns how many bytes that were.
    @inlinable @inline(__always)
    static func write(_ number: Int64, to memory: UnsafeMutableRawPointer) -> Int {
        guard UInt64(bitPattern: number) < 10 else { return writeAny(number, to: memory) }
        return memory.store(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number), at: 0)
    }

    @usableFromInline
    static func writeAny(_ number: Int64, to memory: UnsafeMutableRawPointer) -> Int {
        memory.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
        let sign = number < 0 ? 1 : 0
        return sign &+ write(number.magnitude, to: memory + sign)
    }

    private static func write(_ magnitude: UInt64, to memory: UnsafeMutableRawPointer) -> Int {
        guard magnitude >= wordLimit else { return writeLeading(magnitude, to: memory) }
        let (upper, lower) = magnitude.quotientAndRemainder(dividingBy: wordLimit)
        let length = write(upper, to: memory)
        store(digits(of: lower) | zeros, to: memory + length)
        return length &+ 8
    }

    /// Writes a number of at most eight digits without leading zeros.
    @inline(__always)
    private static func writeLeading(_ number: UInt64, to memory: UnsafeMutableRawPointer) -> Int {
        let digits = digits(of: number)
        // Of 0 one digit stays.
        let leadingZeros = min(digits.trailingZeroBitCount &>> 3, 7)
        store((digits | zeros) &>> UInt64(leadingZeros &* 8), to: memory)
        return 8 &- leadingZeros
    }

    /// The eight digits of a number below `wordLimit`, one a byte, the first one lowest: split into halves of four,
    /// quarters of two, single digits, all parts at once. The factors with shifts are divisions by 100 and 10.
    @inline(__always)
    private static func digits(of number: UInt64) -> UInt64 {
        let halves = number / 10_000 | (number % 10_000) &<< 32
        let hundreds = (halves &* 10_486) &>> 20 & 0x0000_007F_0000_007F
        let quarters = hundreds | (halves &- hundreds &* 100) &<< 16
        let tens = (quarters &* 103) &>> 10 & 0x000F_000F_000F_000F
        return tens | (quarters &- tens &* 10) &<< 8
    }

    @inline(__always)
    private static func store(_ word: UInt64, to memory: UnsafeMutableRawPointer) {
        memory.storeBytes(of: word.littleEndian, as: UInt64.self)
    }

    /// Eight digits fit into one word.
    private static let wordLimit: UInt64 = 100_000_000
    /// The digit `0` in each byte.
    private static let zeros: UInt64 = 0x3030_3030_3030_3030
}
