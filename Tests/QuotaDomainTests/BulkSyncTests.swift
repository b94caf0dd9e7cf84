import EventSourcing
import QuotaDomain
import Testing

@Suite("R14-R17: bulk sync")
struct BulkSyncTests {
    static let limited = SettingsChange(limit: .some(1_000))
    static let failure = Failure(code: "INVALID_SESSION_ID", message: "Session expired")

    private func report(_ scenario: Scenario, sync: Int64? = nil) throws -> BulkSyncReport {
        try scenario.state.bulkSync(org: acme, workspace: support, sync: sync)
    }

    @Test("R14: start, progress, complete")
    func lifeCycle() throws {
        let progress = BulkSyncProgress(total: 10, processed: 6, updated: 3, unchanged: 1, skipped: 1, failed: 1)
        let scenario = try Scenario.given().when(.startBulkSync, at: noon).then(.bulkSyncStarted(sync: 1, pauses: []))
        #expect(try report(scenario).state == .running)
        #expect(try report(scenario).progress == nil)
        let on = scenario.when(.progressBulkSync(sync: 1, progress), at: noon + 1)
            .then(.bulkSyncProgressed(sync: 1, progress))
        #expect(try report(on).progress == progress)
        on.when(.progressBulkSync(sync: 1, progress), at: noon + 2).then()
        let done = on.when(.completeBulkSync(sync: nil), at: noon + 3).then(.bulkSyncCompleted(sync: 1))
        #expect(try report(done).state == .completed)
        #expect(try report(done).endedAt == noon + 3 && report(done).startedAt == noon)
    }

    @Test(
        "R14: progress that does not add up is refused",
        arguments: [
            (BulkSyncProgress(total: 9, processed: 5, updated: 2, unchanged: 2), "processed"),
            (BulkSyncProgress(total: 3, processed: 4, updated: 4), "processed"),
            (BulkSyncProgress(total: 9, processed: 1, updated: 1), "processed"),
            (BulkSyncProgress(total: 9, processed: 2, updated: 3, unchanged: -1), "unchanged"),
            (BulkSyncProgress(total: .max, processed: .max, updated: .max, failed: .max), "processed"),
        ]
    )
    func wrongProgress(progress: BulkSyncProgress, field: String) throws {
        let before = BulkSyncProgress(total: 9, processed: 2, updated: 2)
        try Scenario.given(command(.startBulkSync), command(.progressBulkSync(sync: 1, before)))
            .when(.progressBulkSync(sync: 1, progress), at: noon).thenRefused(field: field)
    }

    @Test("R15: started at or over the pause line it begins paused")
    func beginsPaused() throws {
        try Scenario.given(settings(Self.limited), calls(399)).when(.startBulkSync, at: noon)
            .then(.bulkSyncStarted(sync: 1, pauses: []))
        let scenario = try Scenario.given(settings(Self.limited), calls(400)).when(.startBulkSync, at: noon)
            .then(.bulkSyncStarted(sync: 1, pauses: [.quota]))
        #expect(try report(scenario).state == .paused)
        scenario.whenTimePasses(to: noon + .hours(24)).then(
            .tierChanged(
                TierChange(from: .bulkPaused, to: .normal, at: noon + .hours(24), used: 0, limit: 1_000, cause: .limit)
            ),
            .bulkSyncResumed(sync: 1, reason: .quota, at: noon + .hours(24))
        )
    }

    @Test("R15: a second start while one is active is refused, paused or not")
    func secondStart() throws {
        let scenario = try Scenario.given(command(.startBulkSync))
        scenario.when(.startBulkSync, at: noon).thenRefused(.bulkSyncActive(try report(scenario)))
        let paused = try scenario.and(command(.pauseBulkSync(sync: nil)))
        paused.when(.startBulkSync, at: noon).thenRefused(.bulkSyncActive(try report(paused)))
    }

    @Test("R15: stopped at any time, paused too, and that is final; the next start is a new one")
    func stopIsFinal() throws {
        let stopped = try Scenario.given(command(.startBulkSync), command(.pauseBulkSync(sync: 1)))
            .when(.stopBulkSync(sync: nil), at: noon + 1).then(.bulkSyncStopped(sync: 1, cause: .operator))
        let over = try report(stopped)
        #expect(over.state == .stopped && over.cause == .operator && over.pauses == [])
        stopped.when(.resumeBulkSync(sync: 1), at: noon + 2).thenRefused(.bulkSyncNotActive(over))
        stopped.when(.stopBulkSync(sync: nil), at: noon + 2).thenRefused(.bulkSyncNotActive(over))
        stopped.when(.completeBulkSync(sync: nil), at: noon + 2).thenRefused(.bulkSyncNotActive(over))
        stopped.when(.progressBulkSync(sync: 1, BulkSyncProgress()), at: noon + 2).thenRefused(.bulkSyncNotActive(over))
        let next = stopped.when(.startBulkSync, at: noon + 2).then(.bulkSyncStarted(sync: 2, pauses: []))
        next.when(.stopBulkSync(sync: 1), at: noon + 3).thenRefused(.bulkSyncNotActive(over))
        next.when(.stopBulkSync(sync: 3), at: noon + 3).thenRefused(.unknownBulkSync(3))
        #expect(try next.state.bulkSyncs(org: acme, workspace: support, limit: 5).map(\.sync) == [2, 1])
        #expect(try next.state.bulkSyncs(org: acme, workspace: support, limit: 1).map(\.sync) == [2])
    }

    @Test("R14: a failed one keeps its cause")
    func fails() throws {
        let scenario = try Scenario.given(command(.startBulkSync)).when(.failBulkSync(sync: 1, Self.failure), at: noon)
            .then(.bulkSyncFailed(sync: 1, Self.failure))
        #expect(try report(scenario).state == .failed)
        #expect(try report(scenario).failure == Self.failure)
    }

    @Test("R14: nothing to stop before the first start")
    func notStarted() throws {
        try Scenario.given(calls(1)).when(.stopBulkSync(sync: nil), at: noon).thenRefused(.bulkSyncNotActive(nil))
        try Scenario.given(calls(1)).when(.stopBulkSync(sync: 1), at: noon).thenRefused(.unknownBulkSync(1))
    }

    @Test("R16: pauses are a set of reasons; recovery clears its own only")
    func reasons() throws {
        let scenario = try Scenario.given(
            settings(Self.limited),
            command(.startBulkSync),
            command(.pauseBulkSync(sync: nil)),
            calls(400)
        )
        #expect(try report(scenario).pauses == [.operator, .quota])
        let rested = scenario.whenTimePasses(to: noon + .hours(24)).after
        #expect(try report(rested).pauses == [.operator])
        #expect(try report(rested).state == .paused)
        let resumed = rested.when(.resumeBulkSync(sync: nil), at: noon + .hours(25))
            .then(.bulkSyncResumed(sync: 1, reason: .operator, at: noon + .hours(25)))
        #expect(try report(resumed).state == .running)
        let early = try scenario.and(command(.resumeBulkSync(sync: nil)))
        #expect(try report(early).pauses == [.quota])
    }

    @Test("R16: pausing twice, and resuming what nobody paused, changes nothing")
    func idlePauses() throws {
        let scenario = try Scenario.given(command(.startBulkSync))
        scenario.when(.resumeBulkSync(sync: nil), at: noon).then()
        try scenario.and(command(.pauseBulkSync(sync: nil))).when(.pauseBulkSync(sync: nil), at: noon).then()
    }

    @Test("R17: raising the limit during a bulk sync: refused unconfirmed, stop and change in one block confirmed")
    func raisingTheLimit() throws {
        let raised = SettingsChange(limit: .some(2_000))
        let scenario = try Scenario.given(settings(Self.limited), command(.startBulkSync), calls(400))
        let unconfirmed = scenario.when(.updateSettings(raised, confirm: false), at: noon + 1)
        unconfirmed.thenRefused(.bulkSyncActive(try report(scenario)))
        let id = RequestIdentity(id: "raise", key: key(1))
        let outcome = scenario.when(.updateSettings(raised, confirm: true), at: noon + 1, id: id)
        outcome.then(
            .bulkSyncStopped(sync: 1, cause: .settingsChanged),
            .settingsChanged(raised),
            .tierChanged(
                TierChange(from: .bulkPaused, to: .normal, at: noon + 1, used: 400, limit: 2_000, cause: .limit)
            )
        )
        #expect(try outcome.result.get().map(\.identity) == [id, nil, nil])
        #expect(try report(outcome.after).cause == .settingsChanged)
    }

    @Test("R17: saving settings as they are stops nothing and needs no confirmation")
    func sameSettings() throws {
        let scenario = try Scenario.given(settings(Self.limited), command(.startBulkSync))
        scenario.when(.updateSettings(Self.limited, confirm: false), at: noon).then()
        scenario.when(.updateSettings(SettingsChange(installerEmail: .some(nil)), confirm: false), at: noon).then()
    }

    @Test("Settings hold only what differs, and can be taken away")
    func settingsDifference() throws {
        let change = SettingsChange(limit: .some(1_000), installerEmail: "a@example.com", warnPercent: 80)
        let scenario = try Scenario.given().when(.updateSettings(change, confirm: false), at: noon)
            .then(.settingsChanged(SettingsChange(limit: .some(1_000), installerEmail: "a@example.com")))
        let unset = SettingsChange(limit: .some(nil), installerEmail: .some(nil))
        let after = scenario.when(.updateSettings(unset, confirm: false), at: noon).then(.settingsChanged(unset))
        let settings = try after.state.settings(org: acme, workspace: support)
        #expect(settings.limitSet == nil && settings.installerEmail == nil)
    }

    @Test("A first command makes a workspace known even where nothing differs")
    func emptyFirstChange() throws {
        let scenario = try Scenario.given().when(.updateSettings(SettingsChange(), confirm: false), at: noon)
            .then(.settingsChanged(SettingsChange()))
        scenario.when(.updateSettings(SettingsChange(), confirm: false), at: noon).then()
        try Scenario.given().when(.configureOrg(allowance: nil, idempotencyDays: nil), at: noon, workspace: nil)
            .then(.orgConfigured(allowance: nil, idempotencyDays: nil))
            .when(.configureOrg(allowance: nil, idempotencyDays: 7), at: noon, workspace: nil).then()
    }

    @Test("The newest 1,000 are kept")
    func bound() throws {
        var scenario = Scenario()
        for _ in 0..<(Policy.bulkSyncsKeptMax + 5) {
            scenario = try scenario.and(command(.startBulkSync), command(.stopBulkSync(sync: nil)))
        }
        let syncs = try scenario.state.bulkSyncs(org: acme, workspace: support, limit: 2_000)
        #expect(syncs.count == Policy.bulkSyncsKeptMax)
        #expect(syncs.first?.sync == 1_005 && syncs.last?.sync == 6)
        #expect(throws: Rejection.unknownBulkSync(5)) { try report(scenario, sync: 5) }
        #expect(try QuotaState(decoding: scenario.state.encode()).encode() == scenario.state.encode())
    }
}
