/// How long to wait before trying again: longer from one failure to the next, and never quite the same for two clients.
public struct Backoff: Sendable {
    /// The wait behind the first failure.
    public var first: Duration
    /// The longest wait.
    public var longest: Duration

    private var failures = 0

    /// 100 ms, doubled with every failure up to 5 s.
    public init(first: Duration = .milliseconds(100), longest: Duration = .seconds(5)) {
        self.first = first
        self.longest = longest
    }

    /// The wait behind one more failure: between half of the full one and all of it.
    mutating func afterFailure(using random: inout some RandomNumberGenerator) -> Duration {
        var wait = first
        for _ in 0..<failures where wait < longest { wait *= 2 }
        failures += 1
        return min(wait, longest) * Double.random(in: 0.5...1, using: &random)
    }

    mutating func reset() {
        failures = 0
    }
}
