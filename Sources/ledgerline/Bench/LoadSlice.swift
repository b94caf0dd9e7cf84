import Histogram

/// What was measured in a stretch of time, on one connection or on several together.
struct LoadSlice: Sendable {
    static let latencyNanosecondsMax: UInt64 = 60_000_000_000

    /// Nanoseconds from a request's writing to the reading of its answer.
    private(set) var latencies = Histogram<UInt64>(
        highestTrackableValue: LoadSlice.latencyNanosecondsMax,
        numberOfSignificantValueDigits: .three
    )
    /// Answers that were not what they should be.
    private(set) var badReplies: Int64 = 0
    private(set) var firstProblem: String?

    /// Answers that were right.
    var replies: Int64 { Int64(latencies.totalCount) }

    @inline(__always)
    mutating func record(nanoseconds: UInt64) {
        latencies.record(min(nanoseconds, LoadSlice.latencyNanosecondsMax))
    }

    mutating func note(_ problem: String) {
        badReplies += 1
        if firstProblem == nil { firstProblem = problem }
    }

    mutating func add(_ other: LoadSlice) {
        latencies.add(other.latencies)
        badReplies += other.badReplies
        if firstProblem == nil { firstProblem = other.firstProblem }
    }

    /// Nanoseconds within which so many percent were answered; 0 when nothing was.
    func latency(percentile: Double) -> UInt64 {
        replies > 0 ? latencies.valueAtPercentile(percentile) : 0
    }

    /// Nanoseconds of the slowest answer.
    var latencyMax: UInt64 { replies > 0 ? latencies.max : 0 }
    /// Nanoseconds.
    var latencyMean: Double { replies > 0 ? latencies.mean : 0 }
}
