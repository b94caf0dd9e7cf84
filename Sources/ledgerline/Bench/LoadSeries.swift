/// What a measurement looked like over time: a few figures for every second of it, however long it takes.
struct LoadSeries: Sendable {
    struct Second: Sendable {
        /// How long it was, in seconds: about one; the last one may be shorter.
        var length: Double
        var calls: Int64
        /// Nanoseconds.
        var p99: UInt64

        var callsPerSecond: Double { Double(calls) / length }
    }

    private static let fullLengthMin = 0.9

    private(set) var seconds: [Second] = []

    mutating func add(_ second: Second) {
        seconds.append(second)
    }

    /// The one with the fewest calls a second; what was cut short counts only when there is nothing else.
    var slowest: Second? {
        let full = seconds.filter { $0.length >= LoadSeries.fullLengthMin }
        return (full.isEmpty ? seconds : full).min { $0.callsPerSecond < $1.callsPerSecond }
    }
}
