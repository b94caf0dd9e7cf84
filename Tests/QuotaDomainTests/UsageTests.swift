import EventSourcing
import QuotaDomain
import Testing

@Suite("R1-R4: usage of workspace and org")
struct UsageTests {
    /// The examples of the two documents.
    @Test(
        "R1: 15000 with 2918 and 3072, 15000 with 2495 and 863",
        arguments: [(2_918, 3_072), (2_495, 863)] as [(Int64, Int64)]
    )
    func checkValues(own: Int64, others: Int64) throws {
        let third = others / 3
        let state = try Scenario.given(
            calls(own, .inbox),
            calls(third, by: "sales"),
            calls(third, by: nil, integration: "billing"),
            observation(used: own + others)
        ).state
        let usage = try state.usage(org: acme, workspace: support, at: noon)
        #expect(usage.allowance == 15_000)
        #expect(usage.usedByWorkspace == own)
        #expect(usage.usedByOthers == others)
        #expect(usage.otherWorkspaces == third && usage.integrations == third)
        #expect(usage.unattributed == others - 2 * third)
        #expect(usage.orgUsed == own + others)
        #expect(usage.asOf == noon)
    }

    @Test("R1: associated apps count for their workspace, other systems do not")
    func associatedApps() throws {
        let state = try Scenario.given(
            calls(3),
            calls(4, integration: "Enrichment app"),
            calls(5, by: nil, integration: "ERP")
        ).state
        let usage = try state.usage(org: acme, workspace: support, at: noon)
        #expect(usage.usedByWorkspace == 7)
        #expect(usage.integrations == 5)
    }

    @Test("R1: a call stops counting at the very millisecond")
    func expiry() throws {
        let made = try #require(Timestamp("2026-11-20T12:36:00.000Z"))
        let state = try Scenario.given(calls(1, at: made)).state
        let dayAfter = made + .hours(24)
        #expect(try state.usage(org: acme, workspace: support, at: dayAfter - 1).usedByWorkspace == 1)
        #expect(try state.usage(org: acme, workspace: support, at: dayAfter).usedByWorkspace == 0)
    }

    @Test("R1: calls dated in the past count from their date, calls dated ahead from their event")
    func datedCalls() throws {
        let state = try Scenario.given(
            calls(1, dated: noon - .hours(23)),
            calls(10, dated: noon - .hours(24)),
            calls(100, dated: noon + .seconds(60))
        ).state
        func used(_ at: Timestamp) throws -> Int64 {
            try state.usage(org: acme, workspace: support, at: at).usedByWorkspace
        }
        #expect(try used(noon) == 101)
        #expect(try used(noon + .hours(1) - 1) == 101)
        #expect(try used(noon + .hours(1)) == 100)
        #expect(try used(noon + .hours(24)) == 0)
    }

    @Test("R2: without a fresh observation unattributed is null, never 0")
    func noObservation() throws {
        let scenario = try Scenario.given(calls(5), observation(used: 5))
        let usage = try scenario.state.usage(org: acme, workspace: support, at: noon)
        #expect(usage.unattributed == 0 && usage.drift == 0)
        #expect(usage.observation?.age == .hours(0))
        let stale = noon + .hours(24)
        let last = try scenario.state.usage(org: acme, workspace: support, at: stale - 1)
        #expect(last.unattributed == 0 && last.observation?.source == .header)
        let later = try scenario.state.usage(org: acme, workspace: support, at: stale)
        #expect(later.unattributed == nil && later.drift == nil && later.observation == nil)
    }

    @Test("R2: unattributed stands until the next observation while calls add to their own side")
    func unattributedStands() throws {
        let scenario = try Scenario.given(
            calls(100, at: noon - .hours(23)),
            observation(used: 400),
            calls(50, at: noon + .hours(2))
        )
        let usage = try scenario.state.usage(org: acme, workspace: support, at: noon + .hours(2))
        #expect(usage.usedByWorkspace == 50 && usage.unattributed == 300 && usage.orgUsed == 350)
        let next = try scenario.and(observation(used: 60, at: noon + .hours(3))).state
        #expect(try next.usage(org: acme, workspace: support, at: noon + .hours(3)).unattributed == 10)
    }

    @Test("R2: a negative residual is drift")
    func drift() throws {
        let state = try Scenario.given(calls(100), observation(used: 90)).state
        let usage = try state.usage(org: acme, workspace: support, at: noon)
        #expect(usage.unattributed == 0 && usage.drift == 10 && usage.orgUsed == 100)
    }

    @Test("R2: calls recorded late that Salesforce had counted are no longer unattributed")
    func lateCalls() throws {
        let scenario = try Scenario.given(
            observation(used: 500),
            calls(200, dated: noon, at: noon + .hours(1)),
            calls(30, dated: noon + 1, at: noon + .hours(1)),
            calls(7, dated: noon - .hours(24), at: noon + .hours(1)),
            calls(70, dated: noon - .hours(24) + 1, at: noon + .hours(1))
        )
        let usage = try scenario.state.usage(org: acme, workspace: support, at: noon + .hours(1))
        #expect(usage.unattributed == 230)
        #expect(usage.usedByWorkspace == 230)
    }

    @Test("R2: an observation is counted against the 24 h before its own instant")
    func datedObservation() throws {
        let scenario = try Scenario.given(
            calls(1, dated: noon - .hours(25) + 1),
            calls(10, dated: noon - .hours(24)),
            calls(100, dated: noon - .hours(1)),
            calls(1_000, dated: noon - .hours(1) + 1),
            observation(used: 111, dated: noon - .hours(1))
        )
        let org = try scenario.state.org(acme, at: noon)
        #expect(org.unattributed == 0 && org.drift == 0)
        #expect(org.observation?.age == .hours(1))
    }

    @Test("R2: an observation dated before the one in force is recorded and changes nothing")
    func olderObservation() throws {
        let before = try Scenario.given(observation(used: 10, allowance: 20_000))
        let after = before.when(
            .observe(used: 99, allowance: 100, at: noon - 1, source: .limits),
            at: noon + 1,
            workspace: nil
        ).then(.orgObserved(used: 99, allowance: 100, at: noon - 1, source: .limits))
        let org = try after.state.org(acme, at: noon + 1)
        #expect(org.observation?.used == 10 && org.allowance == 20_000 && org.allowanceSource == .observed)
    }

    @Test("R2: an observation may be dated up to 1 h ago and 60 s ahead")
    func observationBounds() throws {
        func observe(_ at: Timestamp) throws -> Outcome {
            try Scenario.given(calls(1)).when(
                .observe(used: 1, allowance: 9, at: at, source: .reported),
                at: noon,
                workspace: nil
            )
        }
        try observe(noon - .hours(1)).then(.orgObserved(used: 1, allowance: 9, at: noon - .hours(1), source: .reported))
        try observe(noon + .seconds(60)).then(.orgObserved(used: 1, allowance: 9, at: noon, source: .reported))
        try observe(noon - .hours(1) - 1).thenRefused(field: "at")
        try observe(noon + .seconds(60) + 1).thenRefused(field: "at")
    }

    @Test("R3: an unset limit is the allowance, whatever that becomes")
    func unsetLimit() throws {
        let scenario = try Scenario.given(calls(1))
        #expect(try scenario.state.settings(org: acme, workspace: support).limit == 15_000)
        let configured = try scenario.and(allowance(20_000)).state
        #expect(try configured.settings(org: acme, workspace: support).limit == 20_000)
        #expect(try configured.org(acme, at: noon).allowanceSource == .configured)
        let observed = try scenario.and(allowance(20_000), observation(used: 5, allowance: 30_000)).state
        #expect(try observed.settings(org: acme, workspace: support).limit == 30_000)
        #expect(try observed.settings(org: acme, workspace: support).limitSet == nil)
        #expect(try observed.org(acme, at: noon).allowanceSource == .observed)
    }

    @Test("R3: a limit of 0 is legal and exhausted at once, before any call")
    func zeroLimit() throws {
        let scenario = try Scenario.given().when(
            .updateSettings(SettingsChange(limit: .some(0)), confirm: false),
            at: noon
        ).then(
            .settingsChanged(SettingsChange(limit: .some(0))),
            .tierChanged(TierChange(from: .normal, to: .exhausted, at: noon, used: 0, limit: 0, cause: .limit)),
            .eventSyncPaused(reason: .quota, at: noon)
        )
        let usage = try scenario.state.usage(org: acme, workspace: support, at: noon)
        #expect(usage.warning == Policy.hitWarning && usage.nextChangeAt == nil)
        var state = scenario.state
        #expect(state.nextTransition == nil)
    }

    @Test("R3: a limit above the allowance is accepted and shows in the settings")
    func limitAboveAllowance() throws {
        let state = try Scenario.given(settings(SettingsChange(limit: .some(20_000)))).state
        let settings = try state.settings(org: acme, workspace: support)
        #expect(settings.limit == 20_000 && settings.allowance == 15_000)
    }

    @Test("R4: usage over 100 % of the allowance is legal and not clamped")
    func overAllowance() throws {
        let state = try Scenario.given(calls(1), observation(used: 110_018, allowance: 100_000)).state
        let org = try state.org(acme, at: noon)
        #expect(org.orgUsed == 110_018 && org.allowanceExhausted)
    }

    @Test("R4: a refused call means that the allowance is used up at least, and says nothing of its size")
    func exhaustionError() throws {
        let scenario = try Scenario.given(calls(100), allowance(5_000))
        let after = scenario.when(.observeExhaustion(at: nil), at: noon + 1, workspace: nil).then(
            .orgObserved(used: 5_000, allowance: 5_000, at: noon + 1, source: .error),
            .tierChanged(
                TierChange(from: .normal, to: .exhausted, at: noon + 1, used: 100, limit: 5_000, cause: .allowance)
            ),
            .eventSyncPaused(reason: .allowance, at: noon + 1)
        )
        let org = try after.state.org(acme, at: noon + 1)
        #expect(org.allowanceExhausted && org.unattributed == 4_900 && org.allowanceSource == .configured)
        let known = try Scenario.given(calls(100), observation(used: 20_000)).when(
            .observeExhaustion(at: nil),
            at: noon + 1,
            workspace: nil
        )
        known.then(.orgObserved(used: 20_000, allowance: 15_000, at: noon + 1, source: .error))
    }

    @Test("Reading what no event named is refused")
    func unknownNames() throws {
        let state = try Scenario.given(calls(1)).state
        #expect(throws: Rejection.unknownOrg("nobody")) { try state.usage(org: "nobody", workspace: support, at: noon) }
        #expect(throws: Rejection.unknownWorkspace(org: acme, workspace: "sales")) {
            try state.settings(org: acme, workspace: "sales")
        }
        #expect(state.tier(org: acme, workspace: "sales") == nil)
        #expect(state.version(org: "nobody", workspace: support) == nil)
    }

    @Test("Orgs and their workspaces are reported in order of name")
    func orgReports() throws {
        let state = try Scenario.given(
            calls(1, by: "zebra"),
            calls(2, by: "ant", of: "zoo"),
            calls(4, by: "ant"),
            calls(8, by: nil, integration: "ERP")
        ).state
        #expect(state.orgs(at: noon).map(\.org) == [acme, "zoo"])
        let org = try state.org(acme, at: noon)
        #expect(org.workspaces == ["ant", "zebra"])
        #expect(org.workspacesUsed == 5 && org.integrationsUsed == 8 && org.orgUsed == 13)
        #expect(org.allowanceSource == .default && org.idempotencyDays == 7)
    }

    @Test("Counts far beyond 32 bits neither trap nor clamp")
    func hugeCounts() throws {
        var scenario = Scenario()
        let call = Call(
            org: acme,
            workspace: support,
            integration: nil,
            purpose: .other,
            calls: Policy.callsPerRecordMax,
            at: noon
        )
        for _ in 0..<80_000 { scenario.append(QuotaEvent(org: acme, workspace: support, .apiCalled(call)), at: noon) }
        let usage = try scenario.state.usage(org: acme, workspace: support, at: noon)
        #expect(usage.usedByWorkspace == 80_000_000_000)
        let copy = try QuotaState(decoding: scenario.state.encode())
        #expect(try copy.usage(org: acme, workspace: support, at: noon).usedByWorkspace == 80_000_000_000)
        #expect(try copy.usage(org: acme, workspace: support, at: noon + .hours(24)).usedByWorkspace == 0)
    }
}
