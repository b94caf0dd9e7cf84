/// Spreads requests evenly over time, so that a load stays at a rate.
struct RequestPace: Sendable {
    private static let nanosecondsPerSecond = 1_000_000_000.0

    /// Nanoseconds between two looks at what is due.
    static let interval: UInt64 = 2_000_000

    /// Requests a second.
    private let rate: Double
    private let begun: UInt64
    private var sent = 0

    init(rate: Double, begun: UInt64) {
        self.rate = rate
        self.begun = begun
    }

    /// How many of `sendable` requests may go out by now; takes note of them as sent.
    mutating func take(_ sendable: Int, at now: UInt64) -> Int {
        let due = Int(Double(now &- min(now, begun)) / RequestPace.nanosecondsPerSecond * rate)
        let count = max(0, min(sendable, due - sent))
        sent += count
        return count
    }

    /// When to look again.
    func next(after now: UInt64) -> UInt64 {
        guard now >= begun else { return begun }
        return now + RequestPace.interval - (now - begun) % RequestPace.interval
    }
}
