import EventSourcing
import LedgerService
import QuotaDomain
import SQLiteEventLog
import TestSupport
import Testing

/// Every question about the past against a recount of the whole log (R25).
@Suite struct PastUsageTests {
    @Test func everyAnswerEqualsANaiveRecount() throws {
        var client = RandomClient(random: SeededRandom())
        client.changesHysteresis = false
        let ledger = try Ledger()
        let start = ledger.clock.now
        try client.play(260, on: ledger)
        let naive = try NaiveLedger(ledger.lines())
        let head = ledger.head.ordinal
        for _ in 0..<120 {
            let org = RandomClient.orgs.randomElement(using: &client.random)!
            let workspace = RandomClient.workspaces.randomElement(using: &client.random)!
            guard (try? ledger.usageNow(org, workspace)) != nil else { continue }
            let span = Int64.random(in: -86_400_000...(ledger.clock.now - start).milliseconds, using: &client.random)
            var instant = Bool.random(using: &client.random) ? start + TimeSpan(milliseconds: span) : nil
            if Int.random(in: 0..<4, using: &client.random) == 0 { instant = instant.map(lastInstantOfHour(before:)) }
            let position =
                Bool.random(using: &client.random) || instant == nil
                ? Int64.random(in: 1...head, using: &client.random) : nil

            let answer = try ledger.service.usage(
                org: org,
                workspace: workspace,
                at: instant,
                asOfPosition: position.map { LogPosition($0) }
            )
            let known = position ?? head
            let expected = naive.usage(
                org: org,
                workspace: workspace,
                at: instant ?? naive.times[Int(known) - 1],
                known: known
            )
            #expect(answer.report == expected)
            #expect(answer.position == LogPosition(known))
        }
        try ledger.service.shutdown()
    }

    /// A window that ends then is of whole hours.
    private func lastInstantOfHour(before instant: Timestamp) -> Timestamp {
        Timestamp(milliseconds: floorDivided(instant.milliseconds, by: 3_600_000) * 3_600_000 - 1)
    }

    @Test func thePresentIsThePastOfNow() throws {
        var client = RandomClient(random: SeededRandom())
        let ledger = try Ledger()
        for _ in 0..<12 {
            try client.play(12, on: ledger)
            for org in RandomClient.orgs {
                for workspace in RandomClient.workspaces {
                    guard var live = try? ledger.usageNow(org, workspace) else { continue }
                    live.nextChangeAt = nil
                    let past = try ledger.service.usage(
                        org: org,
                        workspace: workspace,
                        at: ledger.clock.now,
                        asOfPosition: nil
                    )
                    #expect(past.report == live)
                }
            }
        }
        try ledger.service.shutdown()
    }

    @Test func aCallCountsForExactlyADay() throws {
        let ledger = try Ledger(clock: ManualClock(Timestamp("2026-11-21T12:36:00.000Z")!))
        let made = ledger.clock.now
        try ledger.record(SaidCall(calls: 7))
        ledger.clock.advance(.days(1))
        func used(_ instant: Timestamp) throws -> Int64 {
            try ledger.service.usage(org: "acme", workspace: "support", at: instant, asOfPosition: nil)
                .report.usedByWorkspace
        }
        #expect(try used(made - TimeSpan(milliseconds: 1)) == 0)
        #expect(try used(made) == 7)
        #expect(try used(made + .hours(24) - TimeSpan(milliseconds: 1)) == 7)
        #expect(try used(made + .hours(24)) == 0)
        try ledger.service.shutdown()
    }

    @Test func lateCallsAreKnownByTimeButNotByPosition() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall(calls: 1))
        let then = ledger.clock.now
        ledger.clock.advance(.days(2))
        try ledger.record(SaidCall(calls: 10, at: then - .hours(1)))
        let service = ledger.service
        func used(_ at: Timestamp?, _ position: Int64?) throws -> Int64 {
            try service.usage(
                org: "acme",
                workspace: "support",
                at: at,
                asOfPosition: position.map { LogPosition($0) }
            ).report.usedByWorkspace
        }
        #expect(try used(then, nil) == 11)
        #expect(try used(nil, 1) == 1)
        #expect(try used(then, 1) == 1)
        #expect(try used(then, 2) == 11)
        #expect(try used(nil, 2) == 0)
        try ledger.service.shutdown()
    }

    /// The positions among which an org's calls lie span those of all others. Blocks without calls of the org are not
    /// read: of these 44 only 4 are, and damage of the 40 does not matter.
    @Test func blocksOfOtherOrgsAreNotRead() throws {
        let ledger = try Ledger()
        for index in 0..<44 {
            ledger.clock.advance(.seconds(1))
            try ledger.record(SaidCall(index % 11 == 0 ? "acme" : "globex", calls: 2))
        }
        let acme = BlockQuery(org: "acme", typePrefix: "api.called")
        let page = try ledger.service.log.read(from: LogPosition(1), matching: acme, byteLimit: .max)
        #expect((page.blocks.count, page.skipped) == (4, 40))
        func used(_ org: String) throws -> Int64 {
            try ledger.service.usage(org: org, workspace: "support", at: ledger.clock.now, asOfPosition: nil)
                .report.usedByWorkspace
        }
        #expect(try (used("acme"), used("globex")) == (8, 80))
        let damage = "UPDATE blocks SET body = zeroblob(1) WHERE (first - 1) % 11 <> 0"
        _ = try Shell.run("sqlite3 \(ledger.directory.file("ledger.db")) '\(damage)'")
        #expect(try used("acme") == 8)
        #expect(throws: EventLogError.self) { try used("globex") }
        try ledger.service.shutdown()
    }

    /// The window touches 25 hours, with a call and a block in each. Only the two that it divides are read, and damage of
    /// all others does not matter; but it does to what was known at a position, which no roll-up tells.
    @Test func onlyTheHoursThatTheWindowDividesAreRead() throws {
        let ledger = try Ledger(clock: ManualClock(Timestamp("2026-11-21T00:30:00.000Z")!))
        for _ in 1...30 {
            ledger.clock.advance(.hours(1))
            try ledger.record(SaidCall(calls: 1))
        }
        let head = ledger.head
        #expect(head == LogPosition(30))
        func used(at: Timestamp? = nil, asOf position: LogPosition? = nil) throws -> Int64 {
            try ledger.service.usage(org: "acme", workspace: "support", at: at, asOfPosition: position)
                .report.usedByWorkspace
        }
        let now = ledger.clock.now
        #expect(try (used(at: now), used(asOf: head)) == (24, 24))
        let damage = "UPDATE blocks SET body = zeroblob(1) WHERE first NOT IN (6, 30)"
        _ = try Shell.run("sqlite3 \(ledger.directory.file("ledger.db")) '\(damage)'")
        #expect(try used(at: now) == 24)
        #expect(throws: EventLogError.self) { try used(asOf: head) }
        // The first call was made at 01:30; a window of whole hours reads nothing.
        #expect(try used(at: Timestamp("2026-11-21T23:59:59.999Z")!) == 23)
        try ledger.service.shutdown()
    }

    @Test func whatCannotBeAnsweredSaysWhy() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        let service = ledger.service
        #expect(throws: Rejection.unknownOrg("nobody")) {
            try service.usage(org: "nobody", workspace: "support", at: nil, asOfPosition: nil)
        }
        #expect(throws: Rejection.unknownWorkspace(org: "acme", workspace: "sales")) {
            try service.usage(org: "acme", workspace: "sales", at: nil, asOfPosition: nil)
        }
        #expect(throws: HistoryError.positionPastHead(asked: LogPosition(2), head: LogPosition(1))) {
            try service.usage(org: "acme", workspace: "support", at: nil, asOfPosition: LogPosition(2))
        }
        #expect(throws: HistoryError.noMomentYet) {
            try service.usage(org: "acme", workspace: "support", at: nil, asOfPosition: .beforeFirst)
        }
        try ledger.service.shutdown()
    }

    @Test func theFutureIsRefused() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall(calls: 3))
        let latest = ledger.clock.now + Policy.clockSkewMax
        func used(_ instant: Timestamp) throws -> Int64 {
            try ledger.service.usage(org: "acme", workspace: "support", at: instant, asOfPosition: nil)
                .report.usedByWorkspace
        }
        #expect(try used(latest) == 3)
        #expect(throws: ServiceError.invalid(field: "at", message: "must not be in the future")) {
            try used(latest + TimeSpan(milliseconds: 1))
        }
        try ledger.service.shutdown()
    }

    @Test func positionsAreFoundByTime() throws {
        let ledger = try Ledger()
        let start = ledger.clock.now
        #expect(try ledger.service.firstPosition(atOrAfter: start) == LogPosition(1))
        try ledger.record(SaidCall(), SaidCall())
        ledger.clock.advance(.seconds(1))
        try ledger.record(SaidCall())
        #expect(try ledger.service.firstPosition(atOrAfter: start) == LogPosition(1))
        #expect(try ledger.service.firstPosition(atOrAfter: start + TimeSpan(milliseconds: 1)) == LogPosition(3))
        #expect(try ledger.service.firstPosition(atOrAfter: start + .seconds(2)) == LogPosition(4))
        try ledger.service.shutdown()
    }
}
