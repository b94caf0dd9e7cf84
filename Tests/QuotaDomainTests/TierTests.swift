import EventSourcing
import QuotaDomain
import Testing

@Suite("R5-R12, R23: tiers, pauses and warnings")
struct TierTests {
    static let limited = SettingsChange(limit: .some(1_000))

    @Test(
        "R5-R8: exactly 40, 80 and 100 %, and one call either side",
        arguments: [
            (0, .normal), (399, .normal), (400, .bulkPaused), (401, .bulkPaused), (799, .bulkPaused),
            (800, .syncPaused), (801, .syncPaused), (999, .syncPaused), (1_000, .exhausted), (1_001, .exhausted),
        ] as [(Int64, Tier)]
    )
    func lines(used: Int64, tier: Tier) throws {
        let scenario = try Scenario.given(settings(Self.limited))
        let state = used == 0 ? scenario.state : try scenario.and(calls(used)).state
        let usage = try state.usage(org: acme, workspace: support, at: noon)
        #expect(usage.tier == tier)
        #expect(state.tier(org: acme, workspace: support) == tier)
        #expect(usage.usedByWorkspace == used)
    }

    @Test(
        "R5-R8: lines between whole calls are exact",
        arguments: [(1, 1), (2, 1), (3, 2), (7, 3), (999, 400)] as [(Int64, Int64)]
    )
    func oddLimits(limit: Int64, firstPaused: Int64) throws {
        let scenario = try Scenario.given(settings(SettingsChange(limit: .some(limit))))
        if firstPaused > 1 {
            #expect(try scenario.and(calls(firstPaused - 1)).state.tier(org: acme, workspace: support) == .normal)
        }
        #expect(try scenario.and(calls(firstPaused)).state.tier(org: acme, workspace: support) != .normal)
    }

    @Test("R6-R8, R11, R12: what each tier pauses")
    func paused() throws {
        func paused(_ used: Int64) throws -> [Purpose] {
            try Scenario.given(settings(Self.limited), calls(used)).state
                .usage(org: acme, workspace: support, at: noon).paused
        }
        #expect(try paused(1) == [])
        #expect(try paused(400) == [.bulkSync])
        #expect(try paused(800) == [.eventSync, .bulkSync])
        #expect(try paused(1_000) == [.inbox, .eventSync, .bulkSync, .other])
        #expect(try paused(15_000) == [.settings, .inbox, .eventSync, .bulkSync, .other])
    }

    @Test("R6, R23: bulk sync pauses at 40 % and resumes by time alone, at the very millisecond")
    func resumesByTime() throws {
        let late = noon + .hours(25)
        try Scenario.given(settings(Self.limited), command(.startBulkSync), calls(1, at: noon + 1))
            .when(
                call: Call(org: acme, workspace: support, integration: nil, purpose: .other, calls: 399),
                at: noon + 2
            )
            .then(
                .tierChanged(
                    TierChange(from: .normal, to: .bulkPaused, at: noon + 2, used: 400, limit: 1_000, cause: .limit)
                ),
                .bulkSyncPaused(sync: 1, reason: .quota, at: noon + 2)
            )
            .whenTimePasses(to: noon + 1 + .hours(24) - 1).then()
            .whenTimePasses(to: late).then(
                .tierChanged(
                    TierChange(
                        from: .bulkPaused,
                        to: .normal,
                        at: noon + 1 + .hours(24),
                        used: 399,
                        limit: 1_000,
                        cause: .limit
                    )
                ),
                .bulkSyncResumed(sync: 1, reason: .quota, at: noon + 1 + .hours(24))
            )
    }

    @Test("R23: several transitions in one pause come in order, each at its own instant")
    func severalTransitions() throws {
        let scenario = try Scenario.given(
            settings(Self.limited),
            calls(300, at: noon),
            calls(300, at: noon + 10),
            calls(500, at: noon + 20)
        )
        let day: TimeSpan = .hours(24)
        scenario.whenTimePasses(to: noon + .hours(100)).then(
            .tierChanged(
                TierChange(from: .exhausted, to: .syncPaused, at: noon + day, used: 800, limit: 1_000, cause: .limit)
            ),
            .tierChanged(
                TierChange(
                    from: .syncPaused,
                    to: .bulkPaused,
                    at: noon + 10 + day,
                    used: 500,
                    limit: 1_000,
                    cause: .limit
                )
            ),
            .eventSyncResumed(reason: .quota, at: noon + 10 + day),
            .tierChanged(
                TierChange(from: .bulkPaused, to: .normal, at: noon + 20 + day, used: 0, limit: 1_000, cause: .limit)
            )
        )
        var state = scenario.state
        #expect(state.nextTransition == noon + day)
        let usage = try state.usage(org: acme, workspace: support, at: noon + 20)
        #expect(usage.nextChangeAt == noon + day)
    }

    @Test("R23: calls move the next transition away, exactly")
    func callsMoveTransition() throws {
        var scenario = try Scenario.given(settings(Self.limited), calls(400, at: noon))
        var state = scenario.state
        #expect(state.nextTransition == noon + .hours(24))
        scenario = try scenario.and(calls(400 - 1, at: noon + 5), calls(1, at: noon + 7))
        state = scenario.state
        #expect(state.nextTransition == noon + .hours(24))
        let bulk = try Scenario.given(settings(Self.limited), calls(400, at: noon), calls(399, at: noon + 5))
        var later = bulk.state
        #expect(later.nextTransition == noon + .hours(24))
        later = try bulk.and(calls(400, dated: noon + 3, at: noon + 6)).state
        #expect(later.nextTransition == noon + .hours(24))
        later = try Scenario.given(
            settings(Self.limited),
            calls(400, at: noon),
            calls(400, dated: noon - 9, at: noon + 6)
        ).state
        #expect(later.nextTransition == noon - 9 + .hours(24))
    }

    @Test("R7, R9: the warnings, word for word")
    func warningTexts() throws {
        let soon =
            "This workspace will soon hit its limit of Salesforce API calls. This will pause your data sync with Salesforce. "
            + "Increase the limit in the settings below to avoid this"
        let hit =
            "This workspace has hit its limit of Salesforce API calls. Your data sync with Salesforce is paused and the "
            + "integration won’t work as expected. Increase the limit in the settings below to avoid this."
        func warning(_ used: Int64) throws -> String? {
            try Scenario.given(settings(Self.limited), calls(used)).state
                .usage(org: acme, workspace: support, at: noon).warning
        }
        #expect(try warning(799) == nil)
        #expect(try warning(800) == soon)
        #expect(try warning(999) == soon)
        #expect(try warning(1_000) == hit)
    }

    @Test("R9: the warning has a percentage of its own and goes by the limit alone")
    func warnPercent() throws {
        let state = try Scenario.given(
            settings(SettingsChange(limit: .some(1_000), warnPercent: 50)),
            calls(500)
        ).state
        #expect(try state.usage(org: acme, workspace: support, at: noon).warning == Policy.soonWarning)
        let exhausted = try Scenario.given(calls(1), observation(used: 15_000)).state
        let usage = try exhausted.usage(org: acme, workspace: support, at: noon)
        #expect(usage.tier == .exhausted && usage.warning == nil)
    }

    @Test("R10: the pause percentages are settings, and changing them changes tiers at once")
    func percentsAreSettings() throws {
        let change = SettingsChange(eventPausePercent: 60)
        try Scenario.given(settings(Self.limited), calls(600)).when(
            .updateSettings(change, confirm: false),
            at: noon + 1
        )
        .then(
            .settingsChanged(change),
            .tierChanged(
                TierChange(from: .bulkPaused, to: .syncPaused, at: noon + 1, used: 600, limit: 1_000, cause: .limit)
            ),
            .eventSyncPaused(reason: .quota, at: noon + 1)
        )
    }

    @Test("R10: with hysteresis a line is left only that much below it")
    func hysteresis() throws {
        let change = SettingsChange(limit: .some(1_000), resumeHysteresisPercent: 10)
        let scenario = try Scenario.given(
            settings(change),
            calls(100, at: noon),
            calls(1, at: noon + 1),
            calls(299, at: noon + 2),
            calls(1, at: noon + 3)
        )
        #expect(scenario.state.tier(org: acme, workspace: support) == .bulkPaused)
        let after = scenario.whenTimePasses(to: noon + .hours(24) + 1).then()
        #expect(try after.state.usage(org: acme, workspace: support, at: noon + .hours(24) + 1).usedByWorkspace == 300)
        #expect(after.state.tier(org: acme, workspace: support) == .bulkPaused)
        after.whenTimePasses(to: noon + .hours(24) + 2).then(
            .tierChanged(
                TierChange(
                    from: .bulkPaused,
                    to: .normal,
                    at: noon + .hours(24) + 2,
                    used: 1,
                    limit: 1_000,
                    cause: .limit
                )
            )
        )
        let fresh = try Scenario.given(settings(change), calls(399, at: noon))
        #expect(fresh.state.tier(org: acme, workspace: support) == .normal)
    }

    @Test("R10: 100 % has no hysteresis")
    func noHysteresisAtLimit() throws {
        let change = SettingsChange(limit: .some(1_000), resumeHysteresisPercent: 39)
        try Scenario.given(settings(change), calls(1, at: noon), calls(999, at: noon + 1))
            .whenTimePasses(to: noon + .hours(24)).then(
                .tierChanged(
                    TierChange(
                        from: .exhausted,
                        to: .syncPaused,
                        at: noon + .hours(24),
                        used: 999,
                        limit: 1_000,
                        cause: .limit
                    )
                )
            )
    }

    @Test(
        "R10: percentages out of bounds or out of order are refused",
        arguments: [
            (SettingsChange(bulkPausePercent: 0), "bulk_pause_percent"),
            (SettingsChange(bulkPausePercent: 81), "bulk_pause_percent"),
            (SettingsChange(eventPausePercent: 39), "event_pause_percent"),
            (SettingsChange(eventPausePercent: 101), "event_pause_percent"),
            (SettingsChange(warnPercent: 0), "warn_percent"),
            (SettingsChange(resumeHysteresisPercent: 40), "resume_hysteresis_percent"),
            (SettingsChange(resumeHysteresisPercent: -1), "resume_hysteresis_percent"),
            (SettingsChange(limit: .some(-1)), "limit"),
            (SettingsChange(limit: .some(1_000_000_001)), "limit"),
        ]
    )
    func bounds(change: SettingsChange, field: String) throws {
        try Scenario.given(calls(1)).when(.updateSettings(change, confirm: false), at: noon).thenRefused(field: field)
    }

    @Test("R10: the order of percentages is that with the present settings")
    func orderWithPresent() throws {
        let scenario = try Scenario.given(settings(SettingsChange(eventPausePercent: 50)))
        scenario.when(.updateSettings(SettingsChange(bulkPausePercent: 51), confirm: false), at: noon)
            .thenRefused(field: "bulk_pause_percent")
        scenario.when(.updateSettings(SettingsChange(bulkPausePercent: 50), confirm: false), at: noon)
            .then(.settingsChanged(SettingsChange(bulkPausePercent: 50)))
    }

    @Test("R11: settings calls count and pass 100 %, which is not clamped")
    func settingsCallsCount() throws {
        let state = try Scenario.given(settings(Self.limited), calls(1_000), calls(250, .settings)).state
        #expect(try state.usage(org: acme, workspace: support, at: noon).usedByWorkspace == 1_250)
    }

    @Test("R12: when the org's allowance is used up every workspace stops, in order of name, and all come back")
    func allowanceUsedUp() throws {
        let scenario = try Scenario.given(
            allowance(100),
            calls(1, by: "b"),
            calls(1, by: "a"),
            command(.startBulkSync, on: "b")
        )
        let call = Call(org: acme, workspace: nil, integration: "ERP", purpose: .other, calls: 98)
        let exhausted = scenario.when(call: call, at: noon + 1)
        func stop(_ name: String, _ body: QuotaEvent.Body) -> QuotaEvent {
            QuotaEvent(org: acme, workspace: name, body)
        }
        let change = TierChange(from: .normal, to: .exhausted, at: noon + 1, used: 1, limit: 100, cause: .allowance)
        exhausted.then(events: [
            stop("a", .tierChanged(change)), stop("a", .eventSyncPaused(reason: .allowance, at: noon + 1)),
            stop("b", .tierChanged(change)), stop("b", .bulkSyncPaused(sync: 1, reason: .allowance, at: noon + 1)),
            stop("b", .eventSyncPaused(reason: .allowance, at: noon + 1)),
        ])
        let back = noon + .hours(24)
        var state = exhausted.after.state
        #expect(state.nextTransition == back)
        #expect(try state.usage(org: acme, workspace: "a", at: noon + 1).nextChangeAt == back)
        let recovered = TierChange(from: .exhausted, to: .normal, at: back, used: 0, limit: 100, cause: .allowance)
        exhausted.after.whenTimePasses(to: back).then(events: [
            stop("a", .tierChanged(recovered)), stop("a", .eventSyncResumed(reason: .allowance, at: back)),
            stop("b", .tierChanged(recovered)), stop("b", .bulkSyncResumed(sync: 1, reason: .allowance, at: back)),
            stop("b", .eventSyncResumed(reason: .allowance, at: back)),
        ])
    }

    @Test("R12: an allowance of 0 is used up at once and for good")
    func zeroAllowance() throws {
        let scenario = try Scenario.given(allowance(0), calls(1))
        var state = scenario.state
        #expect(state.tier(org: acme, workspace: support) == .exhausted)
        let usage = try state.usage(org: acme, workspace: support, at: noon)
        #expect(usage.allowanceExhausted && usage.nextChangeAt == nil)
        #expect(state.nextTransition == nil)
    }

    @Test("R12: a workspace that comes to be while the allowance is used up begins exhausted")
    func newWorkspace() throws {
        let scenario = try Scenario.given(allowance(10), calls(10, by: nil, integration: "ERP"))
        scenario.when(.startBulkSync, at: noon + 1).then(
            .bulkSyncStarted(sync: 1, pauses: [.allowance]),
            .tierChanged(
                TierChange(from: .normal, to: .exhausted, at: noon + 1, used: 0, limit: 10, cause: .allowance)
            ),
            .eventSyncPaused(reason: .allowance, at: noon + 1)
        )
    }

    @Test("R12: behind a used-up allowance the limit's own pauses go on, and recovery clears its own reason only")
    func reasonsApart() throws {
        let scenario = try Scenario.given(
            settings(SettingsChange(limit: .some(100))),
            allowance(1_000),
            command(.startBulkSync),
            calls(50, at: noon),
            calls(30, at: noon + 10),
            calls(920, by: nil, integration: "ERP", at: noon + 20)
        )
        #expect(try scenario.state.bulkSync(org: acme, workspace: support).pauses == [.allowance, .quota])
        let day: TimeSpan = .hours(24)
        scenario.whenTimePasses(to: noon + day).then(
            .tierChanged(
                TierChange(from: .exhausted, to: .normal, at: noon + day, used: 30, limit: 100, cause: .allowance)
            ),
            .bulkSyncResumed(sync: 1, reason: .allowance, at: noon + day),
            .bulkSyncResumed(sync: 1, reason: .quota, at: noon + day),
            .eventSyncResumed(reason: .allowance, at: noon + day),
            .eventSyncResumed(reason: .quota, at: noon + day)
        )
        let held = try scenario.and(calls(500, by: nil, integration: "ERP", at: noon + 30))
        held.whenTimePasses(to: noon + day).then(
            .bulkSyncResumed(sync: 1, reason: .quota, at: noon + day),
            .eventSyncResumed(reason: .quota, at: noon + day)
        )
    }

    @Test("R12: an observation going stale gives the allowance back, exactly then")
    func staleObservation() throws {
        let scenario = try Scenario.given(calls(5, at: noon), observation(used: 15_000, at: noon + 1))
        var state = scenario.state
        #expect(state.tier(org: acme, workspace: support) == .exhausted)
        #expect(state.nextTransition == noon + .hours(24))
        let covered = try scenario.and(calls(5, at: noon + 2)).state
        state = covered
        #expect(state.nextTransition == noon + 1 + .hours(24))
    }

    @Test("R12: a late call that explains reported usage can end the exhaustion")
    func lateCallEndsExhaustion() throws {
        let scenario = try Scenario.given(allowance(1_000), calls(1), observation(used: 1_000, allowance: 1_000))
        let call = Call(
            org: acme,
            workspace: support,
            integration: nil,
            purpose: .other,
            calls: 50,
            at: noon - .hours(23)
        )
        scenario.when(call: call, at: noon + .hours(2)).then(
            .tierChanged(
                TierChange(
                    from: .exhausted,
                    to: .normal,
                    at: noon + .hours(2),
                    used: 1,
                    limit: 1_000,
                    cause: .allowance
                )
            ),
            .eventSyncResumed(reason: .allowance, at: noon + .hours(2))
        )
    }

    @Test("R3: raising the allowance frees all workspaces without a limit of their own")
    func allowanceRaised() throws {
        let scenario = try Scenario.given(allowance(1_000), calls(500, by: "a"), calls(400, by: "b"))
        let outcome = scenario.when(.configureOrg(allowance: 2_000, idempotencyDays: nil), at: noon + 1, workspace: nil)
        func freed(_ name: String, _ used: Int64) -> QuotaEvent {
            let change = TierChange(
                from: .bulkPaused,
                to: .normal,
                at: noon + 1,
                used: used,
                limit: 2_000,
                cause: .limit
            )
            return QuotaEvent(org: acme, workspace: name, .tierChanged(change))
        }
        outcome.then(events: [
            QuotaEvent(org: acme, .orgConfigured(allowance: 2_000, idempotencyDays: nil)), freed("a", 500),
            freed("b", 400),
        ])
    }
}
