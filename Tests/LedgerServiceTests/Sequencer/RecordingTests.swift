import EventSourcing
import LedgerService
import QuotaDomain
import Testing

/// Calls and commands as the service takes them.
@Suite struct RecordingTests {
    @Test func aBatchIsRecordedAsAWhole() throws {
        let ledger = try Ledger()
        let outcome = try ledger.record(
            SaidCall(calls: 2),
            SaidCall(calls: 3),
            SaidCall("globex", nil, integration: "x")
        )
        let receipt = try #require(outcome.receipt)
        #expect(receipt.first == LogPosition(1) && receipt.last == LogPosition(3))
        #expect(receipt.recorded == 3 && receipt.duplicates == 0 && receipt.tier == nil)
        #expect(try ledger.usageNow().usedByWorkspace == 5)
        try ledger.service.shutdown()
    }

    @Test func aBatchWithOneBadCallLeavesNoTrace() throws {
        let ledger = try Ledger()
        let late = ledger.clock.now - .days(8)
        let outcome = try ledger.record(SaidCall(id: "a"), SaidCall(), SaidCall(at: late), SaidCall(calls: 0))
        let refusal = try #require(outcome.refusal)
        #expect(refusal.index == 2)
        #expect(refusal.rejection == .beforeHorizon(at: late, horizon: ledger.clock.now - .days(7)))
        #expect(ledger.head == .beforeFirst)
        // Its id was not taken either.
        #expect(try ledger.record(SaidCall(calls: 7, id: "a")).receipt?.recorded == 1)
        try ledger.service.shutdown()
    }

    @Test func idsAreCountedOnce() throws {
        var ledger = try Ledger()
        let first = try ledger.record(SaidCall(id: "a"), SaidCall(id: "b"), SaidCall(id: "a")).receipt
        #expect(first?.recorded == 2 && first?.duplicates == 1 && first?.last == LogPosition(2))
        let mixed = try ledger.record(SaidCall(id: "b"), SaidCall(id: "c"), SaidCall(id: "c")).receipt
        #expect(mixed?.recorded == 1 && mixed?.duplicates == 2)
        #expect(mixed?.first == LogPosition(3) && mixed?.last == LogPosition(3))
        let all = try ledger.record(SaidCall(id: "c"), SaidCall(id: "a"), SaidCall(id: "a")).receipt
        #expect(all?.recorded == 0 && all?.first == LogPosition(3) && all?.last == LogPosition(1))

        ledger = try ledger.reopened()
        let again = try ledger.record(SaidCall(id: "a")).receipt
        #expect(again?.first == LogPosition(1) && again?.duplicates == 1 && again?.tier == .normal)
        #expect(try ledger.usageNow().usedByWorkspace == 3)
        try ledger.service.shutdown()
    }

    @Test func anIdWithOtherContentIsRefused() throws {
        var ledger = try Ledger()
        try ledger.record(SaidCall(id: "a"))
        for _ in 1...2 {
            #expect(try ledger.record(SaidCall(calls: 2, id: "a")).refusal?.rejection == .idReused(id: nil))
            ledger = try ledger.reopened()
        }
        let inBatch = try ledger.record(SaidCall(id: "b"), SaidCall(calls: 2, id: "b")).refusal
        #expect(inBatch?.rejection == .idReused(id: nil) && inBatch?.index == 1)
        #expect(ledger.head == LogPosition(1))
        // Elsewhere the id is free.
        #expect(try ledger.record(SaidCall("acme", "sales", calls: 2, id: "a")).receipt?.recorded == 1)
        try ledger.service.shutdown()
    }

    @Test func idsAreLetGoBehindTheHorizon() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall(id: "a"))
        ledger.clock.advance(.hours(7 * 24 - 1))
        #expect(try ledger.record(SaidCall(id: "a")).receipt?.duplicates == 1)
        ledger.clock.advance(.hours(3))
        #expect(try ledger.record(SaidCall(calls: 2, id: "a")).receipt?.recorded == 1)
        try ledger.service.shutdown()
    }

    @Test func importsHaveNoHorizon() throws {
        var ledger = try Ledger()
        var said = SaidCall(at: ledger.clock.now - .days(300), id: "a")
        said.call.imported = true
        #expect(try ledger.record(said).receipt?.recorded == 1)
        ledger.clock.advance(.days(100))
        ledger = try ledger.reopened()
        #expect(try ledger.record(said).receipt?.duplicates == 1)
        // The id alone is what it is known by, whatever the file or the mapping of its app says by now.
        (said.call.counted, said.call.workspace) = (false, "sales")
        #expect(try ledger.record(said).receipt?.duplicates == 1)
        // Ids of other calls are apart from it.
        #expect(try ledger.record(SaidCall(id: "a")).receipt?.recorded == 1)
        try ledger.service.shutdown()
    }

    @Test func whatCameTooLateIsNotBegun() throws {
        let ledger = try Ledger()
        let now = ledger.clock.now
        let outcomes = try ledger.submit { requests in
            try requests.record([SaidCall()], deadline: now - TimeSpan(milliseconds: 1))
            try requests.record([SaidCall(calls: 2)], deadline: now)
        }
        #expect(outcomes[0].isExpired && outcomes[1].receipt?.first == LogPosition(1))
        #expect(try ledger.usageNow().usedByWorkspace == 2)
        try ledger.service.shutdown()
    }

    @Test func aCommandWithAnIdIsCarriedOutOnce() throws {
        var ledger = try Ledger()
        var command = Command(
            org: "acme",
            workspace: "support",
            action: .updateSettings(SettingsChange(limit: .some(100)), confirm: false)
        )
        command.identity = identity("a", of: command)
        let first = try ledger.carryOut(command)
        #expect(first.position == LogPosition(1) && !first.isDuplicate && first.events.count == 1)
        try ledger.record(SaidCall())
        for _ in 1...2 {
            let again = try ledger.carryOut(command)
            #expect(again.position == LogPosition(1) && again.isDuplicate && again.events.isEmpty)
            ledger = try ledger.reopened()
        }
        command.identity = identity("a", fingerprint: 1, of: command)
        #expect(throws: Rejection.idReused(id: "a")) { try ledger.carryOut(command) }

        // Nothing needs to change: the answer names the last event.
        command.identity = nil
        let unchanged = try ledger.carryOut(command)
        #expect(unchanged.position == LogPosition(2) && !unchanged.isDuplicate && unchanged.events.isEmpty)
        try ledger.service.shutdown()
    }

    @Test func callsAndCommandsOfAWorkspaceShareIds() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall(id: "a"))
        var command = Command(org: "acme", workspace: "support", action: .startBulkSync)
        command.identity = identity("a", of: command)
        #expect(throws: Rejection.idReused(id: "a")) { try ledger.carryOut(command) }
        try ledger.service.shutdown()
    }

    @Test func whatFollowsStandsInTheSameBlock() throws {
        let ledger = try Ledger()
        try ledger.carryOut(.updateSettings(SettingsChange(limit: .some(10)), confirm: false))
        try ledger.carryOut(.startBulkSync)
        let receipt = try ledger.record(SaidCall(calls: 3), SaidCall(), SaidCall()).receipt
        #expect(receipt?.tier == .bulkPaused && receipt?.first == LogPosition(3) && receipt?.last == LogPosition(7))
        let types = try NaiveLedger(ledger.lines()).happenings.map { "\($0.position) \($0.type)" }
        #expect(types == ["1 settings.changed", "2 bulk_sync.started", "5 tier.changed", "6 bulk_sync.paused"])
        #expect(try ledger.blocks().map(\.block.count) == [1, 1, 5])
        try ledger.service.shutdown()
    }

    @Test func questionsSeeWhatStandsBeforeThemInTheirBurst() throws {
        let ledger = try Ledger()
        let seen = Expected<Int64>()
        let outcomes = try ledger.submit { requests in
            requests.ask { state, moment throws(Rejection) in
                _ = try state.usage(org: "acme", workspace: "support", at: moment.now)
            }
            try requests.record([SaidCall(calls: 4)])
            requests.ask { state, moment throws(Rejection) in
                seen.give(try state.usage(org: "acme", workspace: "support", at: moment.now).usedByWorkspace)
            }
        }
        #expect(outcomes[0].refusal?.rejection == .unknownOrg("acme"))
        #expect(try seen.get() == 4)
        try ledger.service.shutdown()
    }
}
