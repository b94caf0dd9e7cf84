import Dispatch
import EventSourcing
import Foundation
import SQLiteEventLog
import TestSupport
import Testing

@testable import LedgerService

@Suite struct RunningTasksTests {
    @Test func whatRunsIsListedInTheOrderInWhichItBegan() throws {
        let tasks = RunningTasks()
        try tasks.run("first", unit: "events") { first in
            try tasks.run("second", unit: "pages") { second in
                try first(1, nil)
                try second(2, 3)
                #expect(
                    tasks.all == [
                        .init(task: "first", done: 1, total: nil, unit: "events"),
                        .init(task: "second", done: 2, total: 3, unit: "pages"),
                    ]
                )
            }
        }
        #expect(tasks.all == [])
    }

    @Test func aStopEndsWhatRunsWhereItSaysHowFarItIs() {
        let tasks = RunningTasks()
        var steps = 0
        #expect(throws: ServiceError.interrupted("long")) {
            try tasks.run("long", unit: "events") { report in
                for step in 1...10 {
                    steps = step
                    if step == 3 { tasks.stop() }
                    try report(Int64(step), 10)
                }
            }
        }
        #expect(steps == 3)
        #expect(tasks.all == [])
        #expect(throws: ServiceError.stopping) { try tasks.run("late", unit: "events") { _ in steps += 1 } }
        #expect(steps == 3)
    }

    @Test func theEndOfWhatRunsIsWaitedFor() throws {
        let tasks = RunningTasks()
        let (hasBegun, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let ended = Expected<Bool>()
        Thread.detachNewThread {
            _ = try? tasks.run("long", unit: "events") { _ in
                hasBegun.signal()
                mayEnd.wait()
                ended.give(true)
            }
        }
        hasBegun.wait()
        tasks.stop()
        #expect(ended.count == 0)
        mayEnd.signal()
        tasks.finish()
        #expect(ended.count == 1)
    }

    /// It may be resting for long.
    @Test func whatRestsIsWoken() throws {
        let tasks = RunningTasks()
        let pace = BackgroundPace(restPerWork: 1_000_000)
        let hasBegun = DispatchSemaphore(value: 0)
        let ended = Expected<Bool>()
        Thread.detachNewThread {
            _ = try? tasks.run("long", unit: "events", pace: pace) { _ in
                hasBegun.signal()
                ended.give(pace.isCancelledAfterStep())
            }
        }
        hasBegun.wait()
        tasks.stop()
        #expect(try ended.get())
        tasks.finish()
    }

    /// What each is given to say how far it is ends it: otherwise it would hold up whoever ends the server.
    @Test func allLongWorkEndsWhereItSaysHowFarItIs() throws {
        let ledger = try Ledger()
        for _ in 0..<3 { try ledger.record(SaidCall()) }
        let service = ledger.service
        let (log, head) = (service.log, service.feed.head.position)
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try Compaction.run(log, Compaction.options(keepEvents: 0, dropBefore: nil, dryRun: false)) { _ in
                throw Enough()
            }
        }
        #expect(throws: Enough.self) { try log.verify(progress: { _, _ in throw Enough() }) }
        #expect(throws: Enough.self) {
            try log.backup(to: ledger.directory.file("copy.db"), progress: { _, _ in throw Enough() })
        }
        #expect(throws: Enough.self) { try service.usageHistory.rebuild { _, _ in throw Enough() } }
        #expect(throws: Enough.self) { try ProjectionCheck.replayed(log, upTo: head) { _, _ in throw Enough() } }
        #expect(throws: Enough.self) { try Recovery.saveBase(of: log, before: head) { _, _ in throw Enough() } }
        #expect(try !ledger.directory.names.contains { $0.contains("copy") || $0.hasSuffix(".new") })
        // Nothing of it is in the way of the next.
        _ = try service.rebuildProjections()
        _ = try service.compact(dryRun: false, keepEvents: 0, retainDays: nil)
        try service.shutdown()
    }

    @Test func noneBeginsBehindAStop() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        let service = ledger.service
        service.stopLongWork()
        let work: [@Sendable () throws -> Void] = [
            { _ = try service.compact(dryRun: false, keepEvents: 0, retainDays: nil) },
            { _ = try service.verifyLog() },
            { _ = try service.backup(name: "copy.db") },
            { _ = try service.rebuildProjections() },
            { _ = try service.verifyProjections() },
        ]
        for work in work { #expect(throws: ServiceError.stopping) { try work() } }
        try service.shutdown()
    }
}
