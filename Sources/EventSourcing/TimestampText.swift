/// Reading and writing timestamps as RFC 3339 text, without Foundation: the domain and the hot path use it.
extension Timestamp: CustomStringConvertible {
    /// The bytes of a written timestamp: `2026-11-21T17:54:01.123Z`.
    public static let textLength = 24

    /// The years that fit the text form: 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
    public static let representable =
        Timestamp(milliseconds: -62_135_596_800_000)...Timestamp(milliseconds: 253_402_300_799_999)

    /// The text form.
    public var description: String {
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the 24 bytes of the text form. The instant must be `representable`.
    public func appendText(to bytes: inout [UInt8]) {
        let day = floorDivided(milliseconds, by: 86_400_000)
        let inDay = milliseconds - day * 86_400_000
        let date = CivilDate(daysSinceEpoch: day)
        bytes.appendDigits(date.year, width: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.appendDigits(date.month, width: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.appendDigits(date.day, width: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.appendDigits(inDay / 3_600_000, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDigits(inDay / 60_000 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDigits(inDay / 1_000 % 60, width: 2)
        bytes.append(UInt8(ascii: "."))
        bytes.appendDigits(inDay % 1_000, width: 3)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Reads RFC 3339 text: `2026-11-21T17:54:01Z`, any number of fraction digits (those after the third are cut),
    /// `Z` or an offset such as `+01:00`. Returns nil for anything else, also for dates that do not exist.
    ///
    /// Not generic: a generic reader is called unspecialised from other modules. With one, a rebuild of the views from
    /// 1.1 million events went at 85,000 events/s instead of 620,000.
    public init?(text: UnsafeRawBufferPointer) {
        var scanner = DigitScanner(rest: text[...])
        guard let date = scanner.date(), scanner.skip("T") || scanner.skip("t"),
            let inDay = scanner.millisecondsInDay(),
            let offsetMinutes = scanner.offsetInMinutes(),
            scanner.rest.isEmpty
        else { return nil }
        self.init(milliseconds: date.daysSinceEpoch * 86_400_000 + inDay - offsetMinutes * 60_000)
        guard Timestamp.representable.contains(self) else { return nil }
    }

    /// The same of the bytes of any collection.
    public init?(text: some Collection<UInt8>) {
        let read = Array(text).withUnsafeBytes { Timestamp(text: $0) }
        guard let read else { return nil }
        self = read
    }

    /// Reads RFC 3339 text, as `init(text:)` does.
    public init?(_ text: String) {
        self.init(text: text.utf8)
    }
}

/// A day of the proleptic Gregorian calendar, converted by Howard Hinnant's era arithmetic.
struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = floorDivided(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    init?(year: Int64, month: Int64, day: Int64) {
        guard year >= 1, (1...12).contains(month), day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[Int(month) - 1] else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivided(shiftedYear, by: 400)
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

private struct DigitScanner<Rest: Collection<UInt8>> where Rest.SubSequence == Rest {
    var rest: Rest

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func digit() -> Int64? {
        guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        rest = rest.dropFirst()
        return Int64(byte - UInt8(ascii: "0"))
    }

    mutating func number(width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// `2026-11-21`
    mutating func date() -> CivilDate? {
        guard let year = number(width: 4), skip("-"), let month = number(width: 2), skip("-"),
            let day = number(width: 2)
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    /// `17:54:01` or `17:54:01.123`
    mutating func millisecondsInDay() -> Int64? {
        guard let hour = number(width: 2), skip(":"), let minute = number(width: 2), skip(":"),
            let second = number(width: 2), hour < 24, minute < 60, second < 60,
            let fraction = fractionOfSecondInMilliseconds()
        else { return nil }
        let seconds = hour * 3_600 + minute * 60 + second
        return seconds * 1_000 + fraction
    }

    /// Nil where a point stands without a digit behind it.
    mutating func fractionOfSecondInMilliseconds() -> Int64? {
        guard skip(".") else { return 0 }
        guard var value = digit() else { return nil }
        var scale = 10
        while let next = digit() {
            if scale <= 100 { value = value * 10 + next }
            scale *= scale <= 100 ? 10 : 1
        }
        while scale <= 100 {
            value *= 10
            scale *= 10
        }
        return value
    }

    mutating func offsetInMinutes() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = number(width: 2), skip(":"), let minutes = number(width: 2),
            hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isEast ? 1 : -1)
    }
}

extension [UInt8] {
    /// Appends a number of at most `width` decimal digits, padded with zeros on the left.
    fileprivate mutating func appendDigits(_ number: Int64, width: Int) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}

/// The quotient rounded towards negative infinity, for a positive divisor.
package func floorDivided(_ dividend: Int64, by divisor: Int64) -> Int64 {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
}
