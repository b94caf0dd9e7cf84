/// Decimal digits of integers, without a String in between.
extension [UInt8] {
    /// Appends the decimal digits of `number`, with a `-` in front when it is negative.
    @inlinable
    public mutating func appendDecimal(_ number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        appendDigits(of: number.magnitude)
    }

    @usableFromInline
    mutating func appendDigits(of magnitude: UInt64) {
        if magnitude < 10 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: magnitude))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: UInt64.decimalDigitsMax) { digits in
            var first = UInt64.decimalDigitsMax
            var rest = magnitude
            while rest > 0 {
                first &-= 1
                digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[first...]))
        }
    }
}

extension UInt64 {
    /// Digits of 18,446,744,073,709,551,615.
    fileprivate static let decimalDigitsMax = 20
}
