import EventSourcing
import QuotaDomain
import Testing

@Suite("R24 and DESIGN 4: ids, horizons and versions")
struct IdempotencyTests {
    private func call(_ id: UInt64?, content: UInt64 = 1, at date: Timestamp? = nil, imported: Bool = false) -> Call {
        Call(
            org: acme,
            workspace: support,
            integration: nil,
            purpose: .other,
            at: date,
            imported: imported,
            key: id.map { key($0, content: content) }
        )
    }

    @Test("The same id with the same content is a duplicate of the first position")
    func duplicate() throws {
        var scenario = try Scenario.given(calls(1), calls(1, key: key(9), at: noon + 5))
        #expect(try scenario.state.admit(call(9), at: noon + 6) == .duplicate(of: LogPosition(2)))
        #expect(try scenario.record(call(9), at: noon + 6) == nil)
        #expect(try scenario.state.usage(org: acme, workspace: support, at: noon + 6).usedByWorkspace == 2)
        #expect(try scenario.state.admit(call(10), at: noon + 6) == .new)
        #expect(try scenario.state.admit(call(nil), at: noon + 6) == .new)
    }

    @Test("The same id with other content is refused")
    func reuse() throws {
        try Scenario.given(calls(1, key: key(9))).when(call: call(9, content: 2), at: noon).thenRefused(
            .idReused(id: nil)
        )
    }

    @Test("An id is held for seven days, in whole hours, and used anew after them")
    func expiry() throws {
        let scenario = try Scenario.given(calls(1, key: key(9)))
        func admission(_ at: Timestamp) throws -> Admission { try scenario.state.admit(call(9), at: at) }
        let hourLater = noon + .days(7) + .hours(1) + Policy.clockSkewMax
        #expect(try admission(hourLater - 1) == .duplicate(of: LogPosition(1)))
        #expect(try admission(hourLater) == .new)
        let anew = try scenario.and(calls(1, key: key(9), at: noon + .days(8)))
        #expect(try anew.state.admit(call(9), at: noon + .days(9)) == .duplicate(of: LogPosition(2)))
    }

    @Test("A call dated before the horizon is refused, also for a longer or shorter one")
    func horizon() throws {
        let now = noon + .days(20)
        let scenario = try Scenario.given(calls(1))
        let week = now - .days(7)
        scenario.when(call: call(1, at: week), at: now).then()
        scenario.when(call: call(1, at: week - 1), at: now).thenRefused(.beforeHorizon(at: week - 1, horizon: week))
        let short = try scenario.and(command(.configureOrg(allowance: nil, idempotencyDays: 1), on: nil))
        short.when(call: call(1, at: now - .days(1) - 1), at: now)
            .thenRefused(.beforeHorizon(at: now - .days(1) - 1, horizon: now - .days(1)))
        let long = try scenario.and(command(.configureOrg(allowance: nil, idempotencyDays: 90), on: nil))
        let held = noon - .days(7)
        long.when(call: call(1, at: held), at: now).then()
        long.when(call: call(1, at: held - 1), at: now).thenRefused(.beforeHorizon(at: held - 1, horizon: held))
        let late = now + .days(80)
        long.when(call: call(1, at: late - .days(90)), at: late).then()
    }

    @Test("A call whose id was let go is refused, not counted again, once ids are held for longer")
    func noSecondCount() throws {
        let change = noon + .days(2) + .minutes(30)
        let scenario = try Scenario.given(
            command(.configureOrg(allowance: nil, idempotencyDays: 1), on: nil),
            calls(1, dated: noon, key: key(9)),
            command(.configureOrg(allowance: nil, idempotencyDays: 30), on: nil, at: change)
        )
        let held = change - .days(1)
        for after in [scenario, try scenario.decoded] {
            after.when(call: call(9, at: noon), at: change).thenRefused(.beforeHorizon(at: noon, horizon: held))
            after.when(call: call(8, at: held - 1), at: change)
                .thenRefused(.beforeHorizon(at: held - 1, horizon: held))
            after.when(call: call(8, at: held), at: change).then()
        }
        let shorter = try scenario.and(
            command(.configureOrg(allowance: nil, idempotencyDays: 1), on: nil, at: change),
            command(.configureOrg(allowance: nil, idempotencyDays: 30), on: nil, at: change + 1)
        )
        shorter.when(call: call(8, at: held), at: change + 1).thenRefused(.beforeHorizon(at: held, horizon: held + 1))
    }

    @Test("A call dated ahead, over the end of an hour, is held as long as its date passes")
    func datedAheadOverTheHour() throws {
        let recorded = noon - .seconds(30)
        let date = recorded + Policy.clockSkewMax
        let scenario = try Scenario.given(calls(1, dated: date, key: key(9), at: recorded))
        let last = date + .days(7)
        #expect(try scenario.state.admit(call(9, at: date), at: last) == .duplicate(of: LogPosition(1)))
        #expect(try scenario.decoded.state.admit(call(9, at: date), at: last) == .duplicate(of: LogPosition(1)))
        scenario.when(call: call(8, at: date), at: last + 1).thenRefused(.beforeHorizon(at: date, horizon: date + 1))
        let long = try scenario.and(command(.configureOrg(allowance: nil, idempotencyDays: 90), on: nil, at: last))
        let longest = date + .days(90)
        for after in [long, try long.decoded] {
            #expect(try after.state.admit(call(9, at: date), at: longest) == .duplicate(of: LogPosition(1)))
        }
        let busy = try scenario.and(calls(1, at: last))
        #expect(try busy.decoded.state.admit(call(9, at: date), at: last) == .duplicate(of: LogPosition(1)))
    }

    @Test("The horizon of an unknown org is seven days")
    func unknownOrgHorizon() throws {
        let date = noon - .days(7) - 1
        try Scenario.given().when(call: call(1, at: date), at: noon)
            .thenRefused(.beforeHorizon(at: date, horizon: noon - .days(7)))
    }

    @Test("A call may be dated 60 s ahead, an import too")
    func future() throws {
        let limit = noon + .seconds(60)
        try Scenario.given().when(call: call(1, at: limit), at: noon).then()
        try Scenario.given().when(call: call(1, at: limit + 1), at: noon).thenRefused(field: "at")
        try Scenario.given().when(call: call(1, at: limit + 1, imported: true), at: noon).thenRefused(field: "at")
    }

    @Test("A retry of a call that has got too old in the meantime is still a duplicate")
    func oldDuplicate() throws {
        let date = noon - .days(6)
        let scenario = try Scenario.given(calls(1, dated: date, key: key(9)))
        #expect(try scenario.state.admit(call(9, at: date), at: noon + .days(2)) == .duplicate(of: LogPosition(1)))
    }

    @Test("Ids let go under a short horizon do not come back under a longer one")
    func floor() throws {
        let scenario = try Scenario.given(
            command(.configureOrg(allowance: nil, idempotencyDays: 1), on: nil),
            calls(1, key: key(9)),
            calls(1, key: key(8), at: noon + .days(2)),
            command(.configureOrg(allowance: nil, idempotencyDays: 30), on: nil, at: noon + .days(2) + .hours(1))
        )
        let now = noon + .days(2) + .hours(2)
        #expect(try scenario.state.admit(call(9), at: now) == .new)
        #expect(try scenario.state.admit(call(8), at: now) == .duplicate(of: LogPosition(3)))
        #expect(try scenario.state.admit(call(8), at: now + .days(29)) == .duplicate(of: LogPosition(3)))
        #expect(scenario.replayed.encode() == scenario.state.encode())
    }

    @Test("R26: imports have no horizon, ids of their own, and hold them for ever")
    func imports() throws {
        let scenario = try Scenario.given(
            calls(1, key: key(9)),
            calls(5, dated: noon - .days(300), imported: true, key: key(7))
        )
        #expect(try scenario.state.admit(call(9, imported: true), at: noon) == .new)
        #expect(try scenario.state.admit(call(7), at: noon) == .new)
        #expect(
            try scenario.state.admit(call(7, imported: true), at: noon + .days(400)) == .duplicate(of: LogPosition(2))
        )
        let decoded = try QuotaState(decoding: scenario.state.encode())
        #expect(try decoded.admit(call(7, imported: true), at: noon + .days(400)) == .duplicate(of: LogPosition(2)))
        #expect(try decoded.usage(org: acme, workspace: support, at: noon).usedByWorkspace == 1)
        scenario.when(call: call(7, content: 2, imported: true), at: noon).thenRefused(.idReused(id: nil))
    }

    @Test("R26: imported calls inside the window count, those that do not count against the limit do not")
    func importedCounts() throws {
        let state = try Scenario.given(
            calls(5, dated: noon - .hours(3), imported: true, key: key(1)),
            calls(7, dated: noon - .hours(3), counted: false, imported: true, key: key(2)),
            calls(9, dated: noon - .hours(24), imported: true, key: key(3))
        ).state
        #expect(try state.usage(org: acme, workspace: support, at: noon).usedByWorkspace == 5)
        #expect(state.statistics.idempotencyIDs == 3)
    }

    @Test("A command's id is recalled like a call's")
    func commandIdentity() throws {
        let id = RequestIdentity(id: "start-1", key: key(40))
        let scenario = try Scenario.given(calls(1), command(.startBulkSync, id: id))
        #expect(scenario.state.recall(id, in: acme, at: noon) == .same(LogPosition(2)))
        let changed = RequestIdentity(id: "start-1", key: key(40, content: 5))
        #expect(scenario.state.recall(changed, in: acme, at: noon) == .different)
        #expect(scenario.state.recall(RequestIdentity(id: "x", key: key(41)), in: acme, at: noon) == .unknown)
        #expect(scenario.state.recall(id, in: "nobody", at: noon) == .unknown)
        #expect(scenario.state.recall(id, in: acme, at: noon + .days(8)) == .unknown)
    }

    @Test("A command's identity goes onto its first event")
    func identityOnFirstEvent() throws {
        let id = RequestIdentity(id: "obs", key: key(3))
        let outcome = try Scenario.given(allowance(10), calls(1)).when(
            .observe(used: 10, allowance: 10, at: nil, source: .reported),
            at: noon,
            workspace: nil,
            id: id
        )
        #expect(try outcome.result.get().map(\.identity) == [id, nil, nil])
    }

    @Test("The version of a workspace counts what commands did to it, not what usage did")
    func versions() throws {
        var scenario = try Scenario.given(calls(1))
        func version() -> Int64? { scenario.state.version(org: acme, workspace: support)?.ordinal }
        #expect(version() == 0)
        scenario = try scenario.and(settings(SettingsChange(limit: .some(100))))
        #expect(version() == 2)
        scenario = try scenario.and(command(.startBulkSync))
        #expect(version() == 3)
        scenario = try scenario.and(calls(90))
        #expect(scenario.log.count == 7 && version() == 3)
        scenario = try scenario.and(command(.pauseBulkSync(sync: nil)))
        #expect(version() == 8)
        scenario.pass(to: noon + .hours(30))
        #expect(version() == 8)
        scenario = try scenario.and(calls(1, by: "sales", at: noon + .hours(30)), allowance(9, at: noon + .hours(30)))
        #expect(version() == 8)
    }

    @Test("A command for another version is refused before anything else")
    func expectedVersion() throws {
        let scenario = try Scenario.given(settings(SettingsChange(limit: .some(100))))
        let bad = SettingsChange(limit: .some(-1))
        scenario.when(.updateSettings(bad, confirm: false), at: noon, expectedVersion: LogPosition(7))
            .thenRefused(.versionMismatch(expected: LogPosition(7), actual: LogPosition(1)))
        scenario.when(.startBulkSync, at: noon, expectedVersion: LogPosition(1)).then(
            .bulkSyncStarted(sync: 1, pauses: [])
        )
        scenario.when(.startBulkSync, at: noon, workspace: "new", expectedVersion: .beforeFirst)
            .then(.bulkSyncStarted(sync: 1, pauses: []))
    }

    @Test("Calls, allowances and days out of bounds are refused")
    func bounds() throws {
        let scenario = try Scenario.given(calls(1))
        for count in [0, -1, 1_000_001] as [Int64] {
            var bad = call(1)
            bad.calls = count
            scenario.when(call: bad, at: noon).thenRefused(field: "calls")
        }
        for days in [0, 91] {
            scenario.when(.configureOrg(allowance: nil, idempotencyDays: days), at: noon, workspace: nil)
                .thenRefused(field: "idempotency_days")
        }
        scenario.when(.configureOrg(allowance: -1, idempotencyDays: nil), at: noon, workspace: nil)
            .thenRefused(field: "allowance")
        scenario.when(.observe(used: -1, allowance: 1, at: nil, source: .header), at: noon, workspace: nil)
            .thenRefused(field: "used")
        scenario.when(.startBulkSync, at: noon, workspace: nil).thenRefused(field: "workspace")
    }

    @Test("Configuring what is configured changes nothing; what was only observed or the default is configured anew")
    func configureTwice() throws {
        let scenario = try Scenario.given(calls(1))
        let configure = Command.Action.configureOrg(allowance: 15_000, idempotencyDays: 7)
        let once = scenario.when(configure, at: noon, workspace: nil)
            .then(.orgConfigured(allowance: 15_000, idempotencyDays: nil))
        once.when(configure, at: noon, workspace: nil).then()
        try once.and(observation(used: 1)).when(configure, at: noon, workspace: nil)
            .then(.orgConfigured(allowance: 15_000, idempotencyDays: nil))
    }
}
