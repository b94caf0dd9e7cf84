import EventSourcing

/// The first position of every hour that has events: which positions lie how far back, at the cost of 16 bytes an hour.
///
/// Positions and times rise together, so an entry's position says when it was made.
struct PositionCalendar: Hashable, Sendable {
    struct Mark: Hashable, Sendable {
        /// Whole hours since the Unix epoch.
        var hour: Int64
        /// The first position whose time lies in that hour.
        var first: LogPosition
    }

    /// In rising order of both.
    private(set) var marks: [Mark] = []

    /// Hours that are kept: the longest horizon, the one begun, and the one that the clock skew before it lies in.
    private static let hoursMax = Policy.idempotencyDaysMax * 24 + 2

    init(marks: [Mark] = []) {
        self.marks = marks
    }

    /// Takes in an event; true when it is the first of its hour.
    mutating func note(_ position: LogPosition, at time: Timestamp) -> Bool {
        let hour = Self.hour(of: time)
        guard hour > marks.last?.hour ?? .min else { return false }
        marks.append(Mark(hour: hour, first: position))
        if marks.count > Self.hoursMax * 2 { marks.removeFirst(marks.count - Self.hoursMax) }
        return true
    }

    /// The first position whose time lies in the hour of `instant` or later; nil when there is none yet.
    func firstPosition(since instant: Timestamp) -> LogPosition? {
        let hour = Self.hour(of: instant)
        let index = marks.indices.partitionPoint { marks[$0].hour < hour }
        return index < marks.count ? marks[index].first : nil
    }

    /// The marks that still matter at `time`.
    func kept(at time: Timestamp) -> [Mark] {
        let hour = Self.hour(of: time - .days(Int64(Policy.idempotencyDaysMax)) - Policy.clockSkewMax)
        return marks.filter { $0.hour >= hour }
    }

    static func hour(of instant: Timestamp) -> Int64 { floorDivided(instant.milliseconds, by: 3_600_000) }
}
