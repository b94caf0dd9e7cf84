package import EventSourcing

/// Whether an id was used before (DESIGN §4).
package enum Recall: Hashable, Sendable {
    /// It was not, or so long ago that it is no longer held.
    case unknown
    /// With the same content, first at this position.
    case same(LogPosition)
    /// With other content.
    case different
}

/// How far back an org has ids held.
struct IdempotencyHorizon: Hashable, Sendable {
    var days = Policy.defaultIdempotencyDays
    /// Ids first used before this position were let go when `days` changed, and stay so.
    var floor = LogPosition.beforeFirst
    /// When the ids held began as `days` changed: of what is dated before this, ids may lie before `floor`.
    var floorInstant = Timestamp.representable.lowerBound

    /// The earliest date whose calls have their ids held at `now`.
    func start(at now: Timestamp) -> Timestamp { max(now - .days(Int64(days)), floorInstant) }
}

/// The idempotency ids that are held: those of commands and recorded calls for as many days as their org says, those of
/// imports for ever.
///
/// An id is held while its position is not before the first position inside the horizon; the horizon moves hour by hour.
/// Once let go an id stays so, also when the org has ids held for longer afterwards.
struct IdempotencyRegister: Sendable {
    private(set) var recent = IdempotencyTable()
    private(set) var imports = IdempotencyTable()
    private(set) var calendar = PositionCalendar()
    /// Positions before this were beyond every org's horizon when horizons last changed.
    private(set) var floorAtChange = LogPosition.beforeFirst
    /// The longest horizon of all orgs, in days.
    private(set) var daysMax = Policy.defaultIdempotencyDays
    /// Position after the last event.
    private(set) var next = LogPosition(1)
    /// `forgotten(at:)` as of the hour begun: what a table need not keep.
    private var droppable = LogPosition.beforeFirst

    init() {}

    init(
        recent: IdempotencyTable,
        imports: IdempotencyTable,
        calendar: PositionCalendar,
        floorAtChange: LogPosition,
        daysMax: Int,
        next: LogPosition,
        time: Timestamp
    ) {
        (self.recent, self.imports, self.calendar) = (recent, imports, calendar)
        (self.floorAtChange, self.daysMax, self.next) = (floorAtChange, daysMax, next)
        droppable = forgotten(at: time)
    }

    /// The longest of the horizons of all orgs and the one that new orgs begin with, in days.
    static func longest(of horizons: [IdempotencyHorizon]) -> Int {
        horizons.reduce(Policy.defaultIdempotencyDays) { max($0, $1.days) }
    }

    /// Has `body` take the tables apart, where they are not needed any more.
    mutating func takeTables(_ body: (_ recent: inout IdempotencyTable, _ imports: inout IdempotencyTable) -> Void) {
        body(&recent, &imports)
    }

    /// Takes note of the time of an event.
    mutating func note(_ position: LogPosition, at time: Timestamp) {
        next = position.next
        if calendar.note(position, at: time) { droppable = forgotten(at: time) }
    }

    /// The longest horizon of all orgs is now `days`.
    mutating func setLongestHorizon(_ days: Int, at time: Timestamp) {
        guard days != daysMax else { return }
        floorAtChange = forgotten(at: time)
        daysMax = days
    }

    /// No org holds ids that were first used before this.
    func forgotten(at time: Timestamp) -> LogPosition {
        max(floorAtChange, firstPosition(withinDays: daysMax, of: time))
    }

    /// Ids first used before this are no longer held for an org with that horizon.
    func firstHeld(within horizon: IdempotencyHorizon, at time: Timestamp) -> LogPosition {
        max(horizon.floor, firstPosition(withinDays: horizon.days, of: time))
    }

    /// A call dated within those days may have been recorded by as much before them as it was dated ahead.
    private func firstPosition(withinDays days: Int, of time: Timestamp) -> LogPosition {
        calendar.firstPosition(since: time - .days(Int64(days)) - Policy.clockSkewMax) ?? next
    }

    /// Holds an id of a command or a recorded call from `position` on, unless it is held already.
    mutating func hold(
        _ key: IdempotencyKey,
        at position: LogPosition,
        within horizon: IdempotencyHorizon,
        time: Timestamp
    ) {
        let old = recent.place(of: key)
        if let old, old.position >= firstHeld(within: horizon, at: time) { return }
        recent.hold(key, at: position, insteadOf: old, floor: droppable)
    }

    /// Holds an id of an import for ever.
    mutating func holdImport(_ key: IdempotencyKey, at position: LogPosition) {
        guard imports.find(key) == nil else { return }
        imports.hold(key, at: position, insteadOf: nil, floor: .beforeFirst)
    }

    func recall(_ key: IdempotencyKey, within horizon: IdempotencyHorizon, at now: Timestamp) -> Recall {
        guard let known = recent.find(key), known.position >= firstHeld(within: horizon, at: now) else {
            return .unknown
        }
        return known.fingerprint == key.keptFingerprint ? .same(known.position) : .different
    }

    func recallImport(_ key: IdempotencyKey) -> Recall {
        guard let known = imports.find(key) else { return .unknown }
        return known.fingerprint == key.keptFingerprint ? .same(known.position) : .different
    }
}
