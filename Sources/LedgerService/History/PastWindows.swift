import EventSourcing
import QuotaDomain

/// The rolling windows that one question about the past counts: the one that ended at the instant asked about, and the
/// one that ended when the org's usage had last been observed by then. Of both, the beginning is not included.
struct PastWindows {
    var end: Timestamp
    /// Nil where nothing had been observed.
    var observedAt: Timestamp?

    init(endingAt end: Timestamp, observedAt: Timestamp?) {
        (self.end, self.observedAt) = (end, observedAt)
    }

    /// Calls dated at or before this are in neither window.
    var earliest: Timestamp { ends.reduce(end, min) - Policy.window }

    /// The hours since 1970-01-01T00:00Z that hold a part of one of the windows or all of it.
    var hours: Range<Int64> { HistoryQuestion.hour(of: earliest)..<HistoryQuestion.hour(of: end) + 1 }

    /// Those of which a window holds some instants and not others.
    var partialHours: Set<Int64> { Set(ends.flatMap(PastWindows.partialHours(ofWindowEndingAt:))) }

    func holds(_ instant: Timestamp) -> Bool {
        PastWindows.holds(instant, endingAt: end)
    }

    func heldAtObservation(_ instant: Timestamp) -> Bool {
        observedAt.map { PastWindows.holds(instant, endingAt: $0) } ?? false
    }

    private var ends: [Timestamp] { [end] + (observedAt.map { [$0] } ?? []) }

    /// A window is whole hours long, so that two hours are partial or none is.
    private static func partialHours(ofWindowEndingAt end: Timestamp) -> [Int64] {
        let next = end + TimeSpan(milliseconds: 1)
        if next == HistoryQuestion.start(ofHour: HistoryQuestion.hour(of: next)) { return [] }
        return [HistoryQuestion.hour(of: end - Policy.window), HistoryQuestion.hour(of: end)]
    }

    private static func holds(_ instant: Timestamp, endingAt end: Timestamp) -> Bool {
        instant <= end && instant > end - Policy.window
    }
}
