import LineJSON

/// A share in percent with one decimal, the rest cut off: 39.96 % shows as 39.9 and never as a line that is not
/// reached. Computed with integers: no digit comes from binary fractions.
struct Percent: Hashable, Sendable, JSONWritable {
    /// Tenths of a percent.
    let tenths: Int64

    /// `part` of `whole`, both at least 0; nil when `whole` is 0.
    init?(_ part: Int64, of whole: Int64) {
        guard whole > 0 else { return nil }
        let (times, rest) = part.quotientAndRemainder(dividingBy: whole)
        tenths = times * 1_000 + rest * 1_000 / whole
    }

    func write(to writer: inout JSONWriter) {
        var digits: [UInt8] = []
        digits.appendDecimal(tenths / 10)
        digits.append(UInt8(ascii: "."))
        digits.appendDecimal(tenths % 10)
        writer.value(raw: digits)
    }
}
