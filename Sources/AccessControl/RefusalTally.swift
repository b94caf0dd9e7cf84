package import EventSourcing

/// Counts refused uses of tokens, so that whoever tries them by the thousand does not fill the log: of each kind the first
/// is recorded at once, those that follow within a minute by one event with their count. Kinds are bounded too; what goes
/// beyond them is counted by reason alone. And so is everything, by the hour, once a day has many events: a minute's bound
/// alone would let the log grow for ever.
package struct RefusalTally: Sendable {
    /// When the period began; nil before the first use.
    private var start: Timestamp?
    /// What was not recorded yet, by kind; 0 where only the first one came.
    private var repeats: [RefusedUse.Kind: Repeats] = [:]
    /// When the day began; nil before the first use.
    private var day: Timestamp?
    /// Events of the day so far.
    private var eventsOfDay = 0

    private struct Repeats {
        var count: Int64 = 0
        var since: Timestamp?
    }

    /// The peer of those that are not told apart.
    package static let manyPeers = "many"

    package init() {}

    /// Whether something waits to be recorded.
    package var isPending: Bool { repeats.values.contains { $0.count > 0 } }

    /// Counts a use. Returns what is to be recorded now.
    package mutating func count(_ kind: RefusedUse.Kind, at now: Timestamp) -> [RefusedUse] {
        let earlier = takeIfOver(at: now)
        beginDayIfOver(at: now)
        start = start ?? now
        let kind = told(kind)
        guard let counted = repeats[kind] else {
            repeats[kind] = Repeats()
            eventsOfDay += 1
            return earlier + [RefusedUse(kind)]
        }
        repeats[kind] = Repeats(count: counted.count + 1, since: counted.since ?? now)
        return earlier
    }

    /// What is to be recorded when the period is over; nothing before.
    package mutating func takeIfOver(at now: Timestamp) -> [RefusedUse] {
        guard let start else { return [] }
        // A clock that was set back ends it too.
        let isOver = now < start || now - start >= (isFlooded ? AccessPolicy.floodPeriod : AccessPolicy.refusalPeriod)
        return isOver ? take() : []
    }

    /// What was not recorded yet; the next use begins a new period.
    package mutating func take() -> [RefusedUse] {
        let taken = repeats.filter { $0.value.count > 0 }.map { kind, repeats in
            RefusedUse(kind, count: repeats.count, since: repeats.since)
        }
        (start, repeats) = (nil, [:])
        eventsOfDay += taken.count
        return taken.sorted { ($0.since, $0.kind.peer) < ($1.since, $1.kind.peer) }
    }

    private var isFlooded: Bool { eventsOfDay >= AccessPolicy.refusalEventsPerDay }

    private mutating func beginDayIfOver(at now: Timestamp) {
        if let day, now >= day, now - day < .hours(24) { return }
        (day, eventsOfDay) = (now, 0)
    }

    private func told(_ kind: RefusedUse.Kind) -> RefusedUse.Kind {
        if repeats[kind] != nil || !isFlooded && repeats.count < AccessPolicy.refusalKindsMax { return kind }
        return RefusedUse.Kind(peer: RefusalTally.manyPeers, reason: kind.reason)
    }
}

private func < (left: (Timestamp?, String), right: (Timestamp?, String)) -> Bool {
    (left.0?.milliseconds ?? 0, left.1) < (right.0?.milliseconds ?? 0, right.1)
}
