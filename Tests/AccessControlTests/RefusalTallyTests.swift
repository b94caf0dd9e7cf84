import AccessControl
import EventSourcing
import TestSupport
import Testing

@Suite struct RefusalTallyTests {
    private static let second = TimeSpan.seconds(1)
    private let kind = RefusedUse.Kind(peer: "203.0.113.9", reason: .wrong, token: "a")

    @Test func theFirstIsToldAtOnceAndTheRestTogether() {
        var tally = RefusalTally()
        let noon = Scenario.noon
        #expect(tally.count(kind, at: noon) == [RefusedUse(kind)])
        #expect(!tally.isPending)
        for index in 1...1_000 {
            #expect(tally.count(kind, at: noon + TimeSpan(milliseconds: Int64(index))) == [])
        }
        #expect(tally.isPending)
        let almost = noon + AccessPolicy.refusalPeriod - TimeSpan(milliseconds: 1)
        #expect(tally.takeIfOver(at: almost) == [])
        let over = noon + AccessPolicy.refusalPeriod
        let sum = RefusedUse(kind, count: 1_000, since: noon + TimeSpan(milliseconds: 1))
        #expect(tally.takeIfOver(at: over) == [sum])
        #expect(!tally.isPending && tally.takeIfOver(at: over) == [])
    }

    @Test func theFirstBehindThePeriodTellsOfThoseBefore() {
        var tally = RefusalTally()
        _ = tally.count(kind, at: Scenario.noon)
        _ = tally.count(kind, at: Scenario.noon)
        let later = Scenario.noon + AccessPolicy.refusalPeriod
        #expect(tally.count(kind, at: later) == [RefusedUse(kind, count: 1, since: Scenario.noon), RefusedUse(kind)])
    }

    @Test func aClockThatIsSetBackEndsThePeriod() {
        var tally = RefusalTally()
        _ = tally.count(kind, at: Scenario.noon)
        #expect(tally.count(kind, at: Scenario.noon - .hours(1)) == [RefusedUse(kind)])
    }

    @Test func kindsAreToldApartAsFarAsTheyAreBounded() {
        var tally = RefusalTally()
        for index in 0..<AccessPolicy.refusalKindsMax {
            let kind = RefusedUse.Kind(peer: "peer \(index)", reason: .unknown)
            #expect(tally.count(kind, at: Scenario.noon) == [RefusedUse(kind)])
        }
        let many = RefusedUse.Kind(peer: RefusalTally.manyPeers, reason: .unknown)
        #expect(tally.count(RefusedUse.Kind(peer: "x", reason: .unknown), at: Scenario.noon) == [RefusedUse(many)])
        #expect(tally.count(RefusedUse.Kind(peer: "y", reason: .unknown), at: Scenario.noon) == [])
        #expect(tally.take() == [RefusedUse(many, count: 1, since: Scenario.noon)])
    }

    /// However they come: none is lost, and a minute adds no more than the bound.
    @Test func everyUseIsToldAndTheEventsAreBounded() {
        var random = SeededRandom()
        var tally = RefusalTally()
        var (now, used, told, events) = (Scenario.noon, Int64(0), Int64(0), 0)
        for _ in 0..<20_000 {
            now = now + TimeSpan(milliseconds: .random(in: 0...200, using: &random))
            let reason = RefusedUse.Reason.allCases.randomElement(using: &random) ?? .wrong
            let kind = RefusedUse.Kind(peer: "\(Int.random(in: 0..<500, using: &random))", reason: reason)
            let due = tally.count(kind, at: now)
            used += 1
            told += due.reduce(0) { $0 + $1.count }
            events += due.count
        }
        told += tally.take().reduce(0) { $0 + $1.count }
        #expect(told == used)
        let minutes = Int((now - Scenario.noon).milliseconds / AccessPolicy.refusalPeriod.milliseconds) + 1
        let most = AccessPolicy.refusalKindsMax + RefusedUse.Reason.allCases.count
        #expect(events <= 2 * most * minutes)
    }

    /// Whoever goes on for days: a minute's bound alone would add 195,000 events a day.
    @Test func aDayOfRefusalsIsBoundedToo() {
        var random = SeededRandom()
        var tally = RefusalTally()
        let hours = 24 * 3
        var (now, used, told) = (Scenario.noon, Int64(0), Int64(0))
        var events = [0, 0, 0]
        while now < Scenario.noon + .hours(Int64(hours)) {
            let day = Int((now - Scenario.noon).milliseconds / TimeSpan.hours(24).milliseconds)
            let reason = RefusedUse.Reason.allCases.randomElement(using: &random) ?? .wrong
            let kind = RefusedUse.Kind(peer: "\(Int.random(in: 0..<500, using: &random))", reason: reason)
            let due = tally.count(kind, at: now)
            used += 1
            told += due.reduce(0) { $0 + $1.count }
            events[day] += due.count
            now = now + TimeSpan(milliseconds: .random(in: 0...4_000, using: &random))
        }
        told += tally.take().reduce(0) { $0 + $1.count }
        #expect(told == used)
        let reasons = RefusedUse.Reason.allCases.count
        // What was pending when the day was full, and by the hour the first of each reason and the rest.
        let most = AccessPolicy.refusalEventsPerDay + AccessPolicy.refusalKindsMax + reasons + 25 * 2 * reasons
        #expect(events.allSatisfy { $0 <= most && $0 >= AccessPolicy.refusalEventsPerDay }, "\(events)")
    }

    @Test func theDayAfterAFloodPeersAreToldApartAgain() {
        var tally = RefusalTally()
        var now = Scenario.noon
        for index in 0..<AccessPolicy.refusalEventsPerDay {
            let told = tally.count(RefusedUse.Kind(peer: "\(index)", reason: .unknown), at: now)
            #expect(told.map(\.kind.peer) == ["\(index)"])
            now = now + .minutes(1)
        }
        let many = RefusedUse.Kind(peer: RefusalTally.manyPeers, reason: .wrong)
        #expect(tally.count(kind, at: now) == [RefusedUse(many)])
        let nextDay = Scenario.noon + .hours(24)
        #expect(tally.count(kind, at: nextDay) == [RefusedUse(kind)])
    }
}
