import EventSourcing
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

    /// All of it asks: nothing may hold up whoever ends the server.
    @Test func noLongWorkOfALedgerOutlivesAStop() throws {
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
