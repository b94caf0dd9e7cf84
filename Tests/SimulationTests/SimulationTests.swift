import Foundation
import TestSupport
import Testing

/// The whole server under one seed: a virtual clock, connections without a network, a disk that fails, crashes.
@Suite struct SimulationTests {
    @Test(arguments: Seeds.hundreds(unlessTold: 400)) func everyPromiseIsKept(seeds: [UInt64]) {
        for seed in seeds {
            do {
                try World(seed: seed).run()
            } catch {
                let again = Seeds.replaying(seed, of: "everyPromiseIsKept")
                Issue.record("\(SimulationTests.lastSteps(of: seed))\n\(error)\n\(again)")
            }
        }
    }

    /// The same seed plays the same history, to the byte.
    @Test(arguments: Array(1...10) as [UInt64]) func aSeedDecidesEverything(seed: UInt64) throws {
        let runs = try (1...2).map { _ in
            let world = World(seed: seed)
            try world.run()
            return world.trace.hash
        }
        #expect(runs[0] == runs[1])
    }

    /// That runs differ, and reach what they are meant to reach.
    @Test func seedsReachWhatTheyAreMeantTo() throws {
        var hashes: Set<UInt64> = []
        var reached = Reached()
        for seed in 1...30 as ClosedRange<UInt64> {
            let world = World(seed: seed)
            try world.run()
            hashes.insert(world.trace.hash)
            reached.add(world)
        }
        #expect(hashes.count == 30)
        #expect(reached.missing.isEmpty)
    }

    /// The run once more, in words.
    private static func lastSteps(of seed: UInt64) -> String {
        let world = World(seed: seed, isTraced: true)
        try? world.run()
        let steps = ProcessInfo.processInfo.environment["LEDGERLINE_SEED"] == nil ? 60 : Int.max
        return world.trace.steps.suffix(steps).joined(separator: "\n")
    }
}

/// Which kinds of answers came: a check of what never happens shows nothing.
private struct Reached {
    private var answers: Set<String> = []
    private var refusals = 0
    private var retries = 0

    private static let wanted: Set<String> = [
        "recorded", "duplicate", "changed", "usage", "settings", "idReused", "versionMismatch", "notDone", "mayBeDone",
        "unavailable",
    ]

    mutating func add(_ world: World) {
        refusals += world.disk.refusals
        for operation in world.history.operations {
            if operation.attempts.count > 1 { retries += 1 }
            for case let answer? in operation.attempts.map(\.answer) { answers.insert(Reached.name(answer)) }
        }
    }

    var missing: [String] {
        Reached.wanted.subtracting(answers).sorted() + (refusals > 0 ? [] : ["a disk that refuses"])
            + (retries > 0 ? [] : ["a request sent again"])
    }

    private static func name(_ answer: Answer) -> String {
        switch answer {
        case .recorded(let recorded): recorded.duplicates > 0 ? "duplicate" : "recorded"
        case .changed: "changed"
        case .usage: "usage"
        case .settings: "settings"
        case .pong: "pong"
        case .idReused: "idReused"
        case .versionMismatch: "versionMismatch"
        case .notFound: "notFound"
        case .notDone: "notDone"
        case .mayBeDone: "mayBeDone"
        case .unavailable: "unavailable"
        }
    }
}
