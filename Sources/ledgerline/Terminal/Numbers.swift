/// Numbers as people read them.
enum Numbers {
    /// `12,345`, `-1,000`.
    static func grouped(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return number < 0 ? "-\(result)" : result
    }

    /// `—` where there is no number.
    static func grouped(_ number: Int64?) -> String {
        number.map { grouped($0) } ?? "—"
    }

    /// One decimal: `19.5`.
    static func oneDecimal(_ number: Double) -> String {
        let tenths = Int64((number * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        return "\(sign)\(grouped(tenths.magnitude / 10)).\(tenths.magnitude % 10)"
    }

    /// `19.5 %`, `—` where there is none.
    static func percent(_ number: Double?) -> String {
        number.map { "\(oneDecimal($0)) %" } ?? "—"
    }

    /// `640 B`, `1.5 MiB`.
    static func bytes(_ count: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard count.magnitude >= 1_024 else { return "\(count) B" }
        var value = Double(count) / 1_024
        var unit = 0
        while value.magnitude >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        return "\(oneDecimal(value)) \(units[unit])"
    }

    /// The two largest units: `850 ms`, `12 s`, `3 min 5 s`, `2 h 10 min`, `6 d 4 h`.
    static func span(milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        switch seconds {
        case ..<1: return "\(milliseconds) ms"
        case ..<60: return "\(seconds) s"
        case ..<3_600: return pair(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: return pair(seconds / 3_600, "h", seconds / 60 % 60, "min")
        default: return pair(seconds / 86_400, "d", seconds / 3_600 % 24, "h")
        }
    }

    private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }
}
