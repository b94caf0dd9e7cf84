/// What all connections of a measurement found together.
struct BenchResult: Sendable {
    /// Answers in the measured time.
    var measured = LoadSlice()
    /// Answers of `usage.get` in the measured time; nil when nothing was asked.
    var reads: LoadSlice?
    var series = LoadSeries()
    /// Seconds that were measured.
    var seconds = 0.0
    /// Requests that were answered as they should be, before and after the measured time too.
    var acknowledged: Int64 = 0
    /// Answers that were not what they should be.
    var badReplies: Int64 = 0
    var firstProblem: String?
    /// By how much the log grew; others may have written too.
    var logGrowth: Int64 = 0

    /// Counts answers of whichever time, without their latencies.
    mutating func count(_ slice: LoadSlice) {
        acknowledged += slice.replies
        countProblems(of: slice)
    }

    mutating func countProblems(of slice: LoadSlice) {
        badReplies += slice.badReplies
        if firstProblem == nil { firstProblem = slice.firstProblem }
    }
}
