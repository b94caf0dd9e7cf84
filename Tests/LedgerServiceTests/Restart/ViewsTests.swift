import EventSourcing
import Foundation
import LedgerService
import SQLiteEventLog
import TestSupport
import Testing

/// views.db may be lost, damaged or made anew: the answers stay.
@Suite struct ViewsTests {
    @Test(arguments: ["rm -f views.db*", "echo garbage > views.db; rm -f views.db-*"])
    func historyComesBack(afterDoing command: String) throws {
        let (ledger, before) = try playedLedger()
        let again = try ledger.reopened { directory in _ = try Shell.run("cd \(directory.path) && \(command)") }
        #expect(try answers(of: again) == before)
        #expect(again.service.projections().map(\.lag) == [0, 0])
        try again.service.shutdown()
    }

    @Test func theViewsOfAnotherLedgerAreNotBelieved() throws {
        let (ledger, before) = try playedLedger()
        let other = try Ledger()
        for _ in 0..<5 { try other.record(SaidCall("globex", calls: 1_000)) }
        #expect(try other.totals(of: "globex").calls == 5_000)
        try other.service.shutdown()
        let again = try ledger.reopened { directory in
            try FileManager.default.removeItem(atPath: directory.file("views.db"))
            try FileManager.default.copyItem(
                atPath: other.directory.file("views.db"),
                toPath: directory.file("views.db")
            )
        }
        #expect(try answers(of: again) == before)
        try again.service.shutdown()
    }

    @Test func aRebuildWhileAppendingGivesWhatFollowingGives() throws {
        var client = RandomClient(random: SeededRandom())
        let ledger = try Ledger()
        try client.play(60, on: ledger)
        let rebuilt = Expected<RebuildReport>()
        let service = ledger.service
        Thread.detachNewThread {
            do {
                for _ in 1...3 { rebuilt.give(try service.rebuildProjections()) }
            } catch {
                Issue.record(error)
            }
        }
        while rebuilt.count < 3 { try client.play(5, on: ledger) }
        try client.play(20, on: ledger)
        #expect(try rebuilt.get().position > .beforeFirst)

        let naive = try NaiveLedger(ledger.lines())
        let rebuiltAnswers = try answers(of: ledger)
        for org in RandomClient.orgs {
            let total = naive.calls.filter { $0.org == org && $0.counted }.reduce(0) { $0 + Int($1.calls) }
            #expect(try ledger.totals(of: org).calls == total)
        }
        let again = try ledger.reopened { directory in _ = try Shell.run("rm \(directory.path)/views.db*") }
        #expect(try answers(of: again) == rebuiltAnswers)
        try again.service.shutdown()
    }

    /// A batch that views.db refuses is folded and written again: nothing of it is lost, and nothing is counted twice.
    @Test func aFailedBatchIsMadeAgain() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        #expect(try ledger.totals(of: "acme").calls == 1)
        let views = ledger.directory.file("views.db")
        let refusal = "CREATE TRIGGER refusal BEFORE INSERT ON checkpoint BEGIN SELECT RAISE(ABORT, 'refused'); END"
        _ = try Shell.run("sqlite3 \(views) \"\(refusal)\"")
        try ledger.record(SaidCall())
        for _ in 1...3 {
            #expect(throws: ViewsError.self) { try ledger.totals(of: "acme") }
            try ledger.record(SaidCall())
        }
        #expect(ledger.service.projections()[1].position == LogPosition(1))
        _ = try Shell.run("sqlite3 \(views) 'DROP TRIGGER refusal'")
        // Every question makes the next try come at once, but does not wait for it.
        while (try? ledger.totals(of: "acme")) == nil {}
        #expect(try ledger.totals(of: "acme").calls == 5)
        try ledger.service.shutdown()
    }

    /// Damage that a question meets is told, and the views are made anew without anybody's doing.
    @Test func damagedViewsAreMadeAnew() throws {
        var (ledger, before) = try playedLedger()
        ledger = try ledger.reopened { directory in
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory.file("views.db")))
            defer { try? file.close() }
            // The pages of the usage by the hour; the first two say how far the views reach.
            let pages = try file.seekToEnd() / 4_096
            for page in 2..<pages {
                try file.seek(toOffset: page * 4_096 + 4_000)
                try file.write(contentsOf: [0x5A, 0xA5])
            }
        }
        let busy = #expect(throws: ServiceError.self) { try answers(of: ledger) }
        #expect(busy?.description.hasPrefix("the usage history is damaged (a page does not have its checksum)") == true)
        // Every question is answered at once, with the same refusal until they are there.
        while (try? answers(of: ledger)) == nil {}
        #expect(try answers(of: ledger) == before)
        try ledger.service.shutdown()
    }

    @Test func oneRebuildAtATime() throws {
        let ledger = try Ledger()
        for _ in 0..<3 { try ledger.record(SaidCall()) }
        let refused = Expected<any Error>()
        _ = try ledger.service.usageHistory.rebuild { _, _ in
            do {
                _ = try ledger.service.rebuildProjections()
            } catch {
                refused.give(error)
            }
            #expect(ledger.service.projections()[1].rebuiltTo == LogPosition(3))
        }
        #expect(try refused.get() as? ServiceError == .busy("a rebuild is under way"))
        #expect(ledger.service.projections()[1].rebuiltTo == nil)
        #expect(try ledger.totals(of: "acme").calls == 3)
        try ledger.service.shutdown()
    }

    // MARK: Parts

    private func playedLedger() throws -> (Ledger, Answers) {
        var client = RandomClient(random: SeededRandom())
        let ledger = try Ledger()
        try client.play(60, on: ledger)
        return (ledger, try answers(of: ledger))
    }

    private func answers(of ledger: Ledger) throws -> Answers {
        try Answers(
            ledger,
            at: [ledger.clock.now, ledger.clock.now - .hours(5)],
            from: ledger.clock.now - .days(60),
            to: ledger.clock.now
        )
    }
}
