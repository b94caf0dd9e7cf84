import EventSourcing
import LedgerService
import QuotaDomain
import Testing

/// What changes by time alone (R23).
@Suite struct TransitionTests {
    private let start = Timestamp("2026-11-21T12:36:00.000Z")!

    @Test func tiersFallAtTheExactInstantHoweverLateTheTimer() throws {
        let ledger = try pausedLedger()
        ledger.clock.set(start + .hours(24) + .seconds(5))
        try ledger.awaitTransitions(upTo: 7)
        #expect(
            try ledger.lines(from: LogPosition(6)) == [
                event(
                    6,
                    "tier.changed",
                    "2026-11-22T12:36:05.000Z",
                    #"{"from":"bulk_paused","to":"normal","at":"2026-11-22T12:36:00.000Z","used":0,"limit":10,"cause":"limit"}"#
                ),
                event(
                    7,
                    "bulk_sync.resumed",
                    "2026-11-22T12:36:05.000Z",
                    #"{"sync":1,"reason":"quota","at":"2026-11-22T12:36:00.000Z"}"#
                ),
            ]
        )
        try ledger.service.shutdown()
    }

    @Test func notAMillisecondTooEarly() throws {
        let ledger = try pausedLedger()
        ledger.clock.set(start + .hours(24) - TimeSpan(milliseconds: 1))
        #expect(try ledger.usageNow().tier == .bulkPaused)
        #expect(ledger.head == LogPosition(5))
        ledger.clock.set(start + .hours(24))
        #expect(try ledger.usageNow().tier == .normal)
        #expect(ledger.head == LogPosition(7))
        try ledger.service.shutdown()
    }

    @Test func theyComeBeforeAnythingElseOfThatMoment() throws {
        let ledger = try pausedLedger()
        ledger.clock.set(start + .hours(24) + .seconds(5))
        let receipt = try ledger.record(SaidCall(calls: 5)).receipt
        #expect(receipt?.first == LogPosition(8) && receipt?.tier == .bulkPaused)
        let types = try NaiveLedger(ledger.lines(from: LogPosition(6))).happenings.map(\.type)
        #expect(types == ["tier.changed", "bulk_sync.resumed", "tier.changed", "bulk_sync.paused"])
        try ledger.service.shutdown()
    }

    @Test func severalInstantsThatWereMissedEachHaveTheirOwn() throws {
        let ledger = try Ledger(clock: ManualClock(start))
        try ledger.carryOut(.updateSettings(SettingsChange(limit: .some(10)), confirm: false))
        for calls: Int64 in [2, 3, 3, 2] {
            try ledger.record(SaidCall(calls: calls))
            ledger.clock.advance(.hours(1))
        }
        let before = ledger.head.ordinal
        ledger.clock.advance(.days(3))
        try ledger.awaitTransitions(upTo: before + 4)
        let falls = try NaiveLedger(ledger.lines(from: LogPosition(before + 1))).happenings
        #expect(
            falls.filter { $0.type == "tier.changed" }.map { $0.data["to"] as? String } == [
                "sync_paused", "bulk_paused", "normal",
            ]
        )
        #expect(
            falls.map { $0.data["at"] as? String } == [
                "2026-11-22T12:36:00.000Z", "2026-11-22T13:36:00.000Z", "2026-11-22T13:36:00.000Z",
                "2026-11-22T14:36:00.000Z",
            ]
        )
        try ledger.service.shutdown()
    }

    @Test func whatFellDueWhileNothingRanIsMadeUpForAtStart() throws {
        var ledger = try pausedLedger()
        ledger = try ledger.reopened { _ in }
        try ledger.service.shutdown()
        ledger.clock.set(start + .days(2))
        ledger = try Ledger(in: ledger.directory, clock: ledger.clock)
        try ledger.awaitTransitions(upTo: 7)
        let happenings = try NaiveLedger(ledger.lines(from: LogPosition(6))).happenings
        #expect(happenings.map { $0.data["at"] as? String } == Array(repeating: "2026-11-22T12:36:00.000Z", count: 2))
        try ledger.service.shutdown()
    }

    // MARK: Parts

    /// Limit 10; a bulk sync that was paused at position 5 by four calls made at `start`.
    private func pausedLedger() throws -> Ledger {
        let ledger = try Ledger(clock: ManualClock(start))
        try ledger.carryOut(.updateSettings(SettingsChange(limit: .some(10)), confirm: false))
        try ledger.carryOut(.startBulkSync)
        #expect(try ledger.record(SaidCall(calls: 4)).receipt?.tier == .bulkPaused)
        #expect(ledger.head == LogPosition(5))
        return ledger
    }

    private func event(_ position: Int, _ type: String, _ time: String, _ data: String) -> String {
        #"{"position":\#(position),"time":"\#(time)","type":"\#(type)","org":"acme","workspace":"support","data":\#(data)}"#
    }
}
