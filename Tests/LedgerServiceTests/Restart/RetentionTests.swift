import EventSourcing
import LedgerService
import QuotaDomain
import SQLiteEventLog
import TestSupport
import Testing

/// Compaction and backups change no answer; retention changes those about what it dropped.
@Suite struct RetentionTests {
    @Test func packingChangesNoAnswer() throws {
        let ledger = try playedLedger(days: 3)
        let (head, lines, before) = (try ledger.service.log.head(), try ledger.lines(), try answers(of: ledger))
        let dry = try ledger.service.compact(dryRun: true, keepEvents: 10, retainDays: nil)
        #expect(try ledger.service.logStatistics().packedBlocks == 0)
        let report = try ledger.service.compact(dryRun: false, keepEvents: 10, retainDays: nil)
        #expect(report == dry && report.blocksAfter < report.blocksBefore && report.droppedEvents == 0)
        #expect(try ledger.service.log.head() == head)
        #expect(try ledger.lines() == lines)
        #expect(try ledger.service.verifyLog().head == head)
        #expect(try answers(of: ledger) == before)
        #expect(try ledger.service.verifyProjections().isEqual)
        let again = try ledger.reopened { directory in _ = try Shell.run("rm \(directory.path)/views.db*") }
        #expect(try answers(of: again) == before)
        try again.service.shutdown()
    }

    @Test func droppedEventsStayInTotalsAndInTheState() throws {
        var ledger = try playedLedger(days: 8)
        let before = try answers(of: ledger)
        let present = try ledger.usageNow("acme", "support")
        let totals = try RandomClient.orgs.map { try ledger.totals(of: $0).calls }
        let live = try ledger.service.verifyProjections().live

        let dry = try ledger.service.compact(dryRun: true, keepEvents: 100, retainDays: 4)
        #expect(try ledger.service.log.firstHeld() == LogPosition(1))
        let report = try ledger.service.compact(dryRun: false, keepEvents: 100, retainDays: 4)
        #expect(report.droppedEvents > 0 && dry.droppedEvents == report.droppedEvents)
        #expect(try ledger.service.log.firstHeld() == LogPosition(Int64(report.droppedEvents) + 1))

        for round in 1...4 {
            #expect(try answers(of: ledger) == before)
            #expect(try ledger.usageNow("acme", "support") == present)
            #expect(try RandomClient.orgs.map { try ledger.totals(of: $0).calls } == totals)
            let verification = try ledger.service.verifyProjections()
            #expect(verification.isEqual && verification.live == live)
            try expectTooOldIsRefused(ledger)
            if round == 1 { _ = try ledger.service.rebuildProjections() }
            if round == 2 { ledger = try ledger.reopened() }
            if round == 3 { ledger = try ledger.reopened { _ = try Shell.run("rm \($0.path)/views.db*") } }
        }
        try ledger.service.shutdown()
    }

    private func expectTooOldIsRefused(_ ledger: Ledger) throws {
        let dropped = HistoryError.dropped(firstHeld: try ledger.service.log.firstHeld())
        for instant in [ledger.clock.now - .days(20), ledger.clock.now - .days(5), ledger.clock.now - .days(4)] {
            #expect(throws: dropped) {
                try ledger.service.usage(org: "acme", workspace: "support", at: instant, asOfPosition: nil)
            }
        }
        for position in [LogPosition(1), LogPosition(5)] {
            #expect(throws: dropped) {
                try ledger.service.usage(org: "acme", workspace: "support", at: nil, asOfPosition: position)
            }
        }
    }

    /// No snapshot was ever taken: the one that stands in for what is dropped has to stand exactly there.
    @Test func whatIsStillHeldCanBeAskedAbout() throws {
        var ledger = try playedLedger(days: 6, takingSnapshots: false)
        let instants = [ledger.clock.now - .hours(30), ledger.clock.now - .hours(40)]
        let (from, to) = (ledger.clock.now - .days(60), ledger.clock.now)
        let before = try Answers(ledger, at: instants, from: from, to: to)
        #expect(!before.reports.isEmpty)
        #expect(try ledger.service.compact(dryRun: false, keepEvents: .max, retainDays: 4).droppedEvents > 0)
        for _ in 1...2 {
            #expect(try Answers(ledger, at: instants, from: from, to: to) == before)
            ledger = try ledger.reopened { _ = try Shell.run("rm \($0.path)/views.db*") }
        }
        try ledger.service.shutdown()
    }

    /// A later snapshot does not know what led to what is asked about: no answer, and no talk of events that were dropped.
    @Test func aDamagedBaseIsNotPassedOver() throws {
        let ledger = try playedLedger(days: 6, takingSnapshots: false)
        let instant = ledger.clock.now - .hours(30)
        _ = try ledger.service.compact(dryRun: false, keepEvents: .max, retainDays: 4)
        _ = try ledger.service.takeSnapshot()
        let base = try #require(try ledger.service.log.basePosition())
        let service = ledger.service
        func used() throws -> Int64 {
            try service.usage(org: "acme", workspace: "support", at: instant, asOfPosition: nil).report.usedByWorkspace
        }
        let before = try used()
        let file = ledger.directory.file("ledger.db")
        _ = try Shell.run("sqlite3 \(file) 'UPDATE snapshots SET size = size + 1 WHERE position = \(base)'")
        // Whoever asks first sets it aside, and the second must not be told anything else.
        for _ in 1...2 {
            let error = try #require(throws: EventLogError.self) { try used() }
            guard case .damaged(base, _) = error else { throw error }
        }
        #expect(throws: EventLogError.self) { try ledger.service.verifyLog() }
        #expect(throws: EventLogError.self) { try ledger.service.verifyProjections() }
        _ = try Shell.run(
            "sqlite3 \(file) 'UPDATE snapshots SET size = size - 1, set_aside = NULL WHERE position = \(base)'"
        )
        #expect(try used() == before)
        _ = try ledger.service.verifyLog()
        try ledger.service.shutdown()
    }

    @Test func aDryRunWritesNothing() throws {
        let ledger = try playedLedger(days: 6, takingSnapshots: false)
        let before = try ledger.service.logStatistics()
        let dry = try ledger.service.compact(dryRun: true, keepEvents: 0, retainDays: 4)
        #expect(try ledger.service.logStatistics() == before)
        #expect(try ledger.service.snapshots().isEmpty)
        let report = try ledger.service.compact(dryRun: false, keepEvents: 0, retainDays: 4)
        #expect(report.droppedEvents > 0 && report.droppedEvents == dry.droppedEvents)
        #expect(ledger.service.tasks.all.isEmpty)
        try ledger.service.shutdown()
    }

    @Test func theDroppedPartOfAnHourIsNotMissed() throws {
        let start = Timestamp("2026-11-21T10:05:00.000Z")!
        let ledger = try Ledger(clock: ManualClock(start))
        for (minutes, calls) in [(0, 1), (45, 20), (8, 300)] as [(Int64, Int64)] {
            ledger.clock.advance(.minutes(minutes))
            try ledger.record(SaidCall(calls: calls))
        }
        ledger.clock.set(start + .minutes(45) + .days(4))
        #expect(try ledger.service.compact(dryRun: false, keepEvents: .max, retainDays: 4).droppedEvents == 1)
        let service = ledger.service
        func used(_ instant: Timestamp) throws -> Int64 {
            try service.usage(org: "acme", workspace: "support", at: instant, asOfPosition: nil).report.usedByWorkspace
        }
        // The hour's range in the log begins with the dropped call, but the window does not.
        #expect(try used(start + .minutes(45) + .days(1)) == 300)
        #expect(throws: HistoryError.dropped(firstHeld: LogPosition(2))) {
            try used(start + .minutes(44) + .days(1))
        }
        try ledger.service.shutdown()
    }

    @Test func retentionMayBeRepeatedWithAnyNumberOfDays() throws {
        let ledger = try playedLedger(days: 8)
        let totals = try ledger.totals(of: "acme").calls
        func dropped(_ retainDays: Int) throws -> Int {
            // What is packed goes as a whole or not at all: here nothing is.
            try ledger.service.compact(dryRun: false, keepEvents: .max, retainDays: retainDays).droppedEvents
        }
        #expect(try dropped(100) == 0)
        #expect(try dropped(5) > 0)
        #expect(try dropped(6) == 0)
        #expect(try dropped(3) > 0)
        for _ in 0..<5 { _ = try ledger.service.takeSnapshot() }
        _ = try ledger.service.rebuildProjections()
        #expect(try ledger.totals(of: "acme").calls == totals)
        #expect(try ledger.service.verifyProjections().isEqual)
        try ledger.service.shutdown()
    }

    @Test func everythingMayBeDropped() throws {
        var ledger = try playedLedger(days: 3)
        let last = ledger.clock.now
        let totals = try ledger.totals(of: "acme").calls
        ledger.clock.advance(.days(40))
        try ledger.settle()
        ledger.clock.advance(.days(40))
        let report = try ledger.service.compact(dryRun: false, keepEvents: 0, retainDays: 30)
        #expect(report.droppedEvents == Int(ledger.head.ordinal))
        for _ in 1...2 {
            #expect(try ledger.totals(of: "acme").calls == totals)
            #expect(throws: HistoryError.self) {
                try ledger.service.usage(org: "acme", workspace: "support", at: last, asOfPosition: nil)
            }
            let now = try ledger.service.usage(
                org: "acme",
                workspace: "support",
                at: ledger.clock.now,
                asOfPosition: nil
            )
            #expect(now.report.usedByWorkspace == 0)
            #expect(try ledger.service.verifyProjections().isEqual)
            ledger = try ledger.reopened { _ = try Shell.run("rm \($0.path)/views.db*") }
        }
        #expect(try ledger.record(SaidCall()).receipt?.recorded == 1)
        try ledger.service.shutdown()
    }

    @Test func droppingAndRebuildingKeepOutOfEachOthersWay() throws {
        let ledger = try playedLedger(days: 8)
        let refused = Expected<any Error>()
        _ = try ledger.service.usageHistory.rebuild { _, _ in
            do {
                _ = try ledger.service.compact(dryRun: false, keepEvents: 0, retainDays: 4)
            } catch {
                refused.give(error)
            }
        }
        #expect(try refused.get() as? ServiceError == .busy("a rebuild is under way"))
        try ledger.service.shutdown()
    }

    @Test func aBackupIsALedger() throws {
        var ledger = try playedLedger(days: 2)
        let report = try ledger.service.backup(name: "copy.db")
        #expect(report.path == ledger.directory.file("backups/copy.db"))
        #expect(report.bytes > 0)
        #expect(try report.head == ledger.service.log.head())
        let live = try ledger.service.verifyProjections().live
        let before = try answers(of: ledger)
        try ledger.record(SaidCall())
        try ledger.service.shutdown()

        let directory = try TemporaryDirectory()
        _ = try Shell.run("cp \(report.path) \(directory.file("ledger.db"))")
        ledger = try Ledger(in: directory, clock: ledger.clock)
        #expect(try ledger.service.log.head() == report.head)
        #expect(try ledger.service.verifyProjections().live == live)
        #expect(try answers(of: ledger) == before)
        try ledger.service.shutdown()
    }

    // MARK: Parts

    /// Random traffic for about as many days, a snapshot now and then, as periods of it would give.
    private func playedLedger(days: Int64, takingSnapshots: Bool = true) throws -> Ledger {
        var client = RandomClient(random: SeededRandom())
        let ledger = try Ledger()
        let end = ledger.clock.now + .days(days)
        try ledger.record(SaidCall("acme", "support"), SaidCall("globex", "sales"))
        while ledger.clock.now < end {
            try client.play(5, on: ledger)
            ledger.clock.advance(.hours(3))
            if takingSnapshots, Bool.random(using: &client.random) { _ = try ledger.service.takeSnapshot() }
        }
        try ledger.settle()
        return ledger
    }

    /// About the last day and all the history there is.
    private func answers(of ledger: Ledger) throws -> Answers {
        let now = ledger.clock.now
        return try Answers(
            ledger,
            at: [now, now - .hours(20)],
            from: now - .days(60),
            to: now
        )
    }
}
