package import EventSourcing

/// A log that is sound in itself, but did not have a head that it is said to have had: its end was cut off, or it is
/// another log.
package struct UnexpectedHistory: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was expected.
    package var expected: LogHead
    /// The chain's hash at that position; nil where no block ends there.
    package var found: String?
    /// How far the log goes.
    package var head: LogPosition

    package init(expected: LogHead, found: String?, head: LogPosition) {
        (self.expected, self.found, self.head) = (expected, found, head)
    }

    /// Whether the log ends before the expected position.
    package var isShorter: Bool { head < expected.position }

    package var description: String {
        if isShorter { return "the log ends at position \(head), but it went on to \(expected.position) once" }
        guard let found else { return "no block ends at position \(expected.position): this is another log" }
        return "the hash at position \(expected.position) is \(found), not \(expected.hash): this is another log"
    }
}

/// Heads that a log is said to have had, held against those that it has on the way through it.
///
/// A head is the end of a block as it was committed. Compaction keeps these ends, and retention the last of those that
/// it drops.
struct ExpectedHeads {
    /// In order of position.
    private let expected: [LogHead]
    private let positions: Set<LogPosition>
    /// The hashes at the expected positions.
    private var found: [LogPosition: String] = [:]

    init(_ expected: [LogHead]) {
        self.expected = expected.sorted { $0.position < $1.position }
        positions = Set(expected.map(\.position))
    }

    /// Notes one of the log's heads.
    mutating func pass(_ head: LogHead) {
        if positions.contains(head.position) { found[head.position] = head.hash }
    }

    /// Throws for the first expectation that the log, now read to its end, does not meet.
    func check(upTo end: VerificationReport) throws {
        for head in expected where found[head.position] != head.hash && head != .empty {
            let dropped = end.firstHeld.ordinal - 1
            guard head.position.ordinal >= dropped else { throw EventLogError.outOfRange(firstHeld: end.firstHeld) }
            throw UnexpectedHistory(expected: head, found: found[head.position], head: end.head.position)
        }
    }
}
