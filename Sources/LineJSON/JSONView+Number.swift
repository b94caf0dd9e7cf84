/// Numbers, computed from their text when asked for.
extension JSONView {
    /// The number when it is mathematically an integer within `Int64`: `7`, `-0`, `1e3` and `2.50e1` are; `0.5` and
    /// `1e19` are not. Exact, never through floating point. Nil when it is not, or when this is no number.
    @inlinable public var integer: Int64? {
        guard kind == .number else { return nil }
        return token.mark ? JSONNumber.plainInteger(rawBytes) : JSONNumber.decimalInteger(rawBytes)
    }

    /// The nearest `Double`, ties to even; nil when the number is beyond the finite range, or when this is no number.
    public var double: Double? {
        guard kind == .number, let value = Double(String(decoding: rawBytes, as: UTF8.self)), value.isFinite else {
            return nil
        }
        return value
    }
}

/// Exact integers from the text of valid JSON numbers.
@usableFromInline
enum JSONNumber {
    /// As many bytes of sign and digits always fit into `Int64`.
    @usableFromInline static let safeLengthMax = 18

    /// The value of `-?digits`, or nil when it does not fit.
    @inlinable
    static func plainInteger(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count <= safeLengthMax, let start = text.baseAddress else { return decimalInteger(text) }
        let isNegative = ByteScan.byte(start, at: 0) == UInt8(ascii: "-")
        var value: Int64 = 0
        var cursor = isNegative ? 1 : 0
        while cursor < text.count {
            value = value &* 10 &+ Int64(ByteScan.byte(start, at: cursor) &- UInt8(ascii: "0"))
            cursor &+= 1
        }
        return isNegative ? 0 &- value : value
    }

    /// The value of any JSON number that is an integer, or nil when it is none or does not fit.
    @usableFromInline
    static func decimalInteger(_ text: UnsafeRawBufferPointer) -> Int64? {
        var decimal = ExactDecimal()
        var rest = text[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        var isFraction = false
        while let byte = rest.popFirst(), byte | 0x20 != UInt8(ascii: "e") {
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else {
                decimal.append(digit: Int64(byte - UInt8(ascii: "0")), isFraction: isFraction)
            }
        }
        // The exponent, when there is one, is what the loop left.
        return decimal.integer(exponent: exponent(rest), isNegative: isNegative)
    }

    /// The value of `[+-]?digits`, 0 for nothing, held within what no number of representable length can make up for.
    private static func exponent(_ text: Slice<UnsafeRawBufferPointer>) -> Int {
        var magnitude = 0
        for byte in text where byte >= UInt8(ascii: "0") {
            magnitude = min(magnitude * 10 + Int(byte - UInt8(ascii: "0")), JSONTape.byteCountMax * 2)
        }
        return text.first == UInt8(ascii: "-") ? -magnitude : magnitude
    }
}

/// A decimal number as `significand × 10^scale`, its trailing zeros kept in the scale.
private struct ExactDecimal {
    /// Counted downwards from 0, because `Int64.min` has no positive twin; nil once it overflowed.
    var negatedSignificand: Int64? = 0
    var scale = 0
    var pendingZeros = 0

    mutating func append(digit: Int64, isFraction: Bool) {
        if isFraction { scale -= 1 }
        pendingZeros += 1
        guard digit != 0 else { return }
        negatedSignificand = ExactDecimal.shifted(negatedSignificand, by: pendingZeros).flatMap { shifted in
            let (difference, overflow) = shifted.subtractingReportingOverflow(digit)
            return overflow ? nil : difference
        }
        pendingZeros = 0
    }

    func integer(exponent: Int, isNegative: Bool) -> Int64? {
        guard negatedSignificand != 0 else { return 0 }
        let places = scale + pendingZeros + exponent
        guard places >= 0, let negated = ExactDecimal.shifted(negatedSignificand, by: places) else { return nil }
        if isNegative { return negated }
        return negated == .min ? nil : -negated
    }

    /// `value × 10^places`, or nil when it does not fit.
    private static func shifted(_ value: Int64?, by places: Int) -> Int64? {
        guard var value, value != 0 else { return value }
        for _ in 0..<places {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
        }
        return value
    }
}
