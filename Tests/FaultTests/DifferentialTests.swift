import EventSourcing
import Foundation
import LedgerService
import SQLiteEventLog
import TestSupport
import Testing

@testable import LedgerServiceTests

/// One history, one state, by whichever way it comes about.
@Suite struct DifferentialTests {
    @Test(arguments: Seeds.chosen(unlessTold: 5)) func everyWayGivesTheSameState(seed: UInt64) throws {
        let hashes = try StateHashes(seed: seed)
        #expect(Set(hashes.byWay.values).count == 1, "\(Seeds.replaying(seed, of: "DifferentialTests"))")
    }

    /// What the test above would say of a way that loses an event.
    @Test func aLostEventIsFound() throws {
        let hashes = try StateHashes(seed: 1, isRestoringLess: true)
        #expect(Set(hashes.byWay.filter { !$0.key.hasPrefix("restored, ") }.values).count == 1)
        #expect(Set(hashes.byWay.values).count > 1)
    }
}

/// The hash of the state after a random history with jumps in time, as each way gives it.
private struct StateHashes {
    private(set) var byWay: [String: String] = [:]
    private var random: SeededRandom
    private var client: RandomClient

    /// `isRestoringLess`: the restored backup is without the last block.
    init(seed: UInt64, isRestoringLess: Bool = false) throws {
        random = SeededRandom(seed: seed)
        client = RandomClient(random: SeededRandom(seed: ~seed))
        var ledger = try Ledger()
        try play(on: ledger)
        _ = try ledger.service.takeSnapshot()
        try play(on: ledger)
        try note("", ledger)
        _ = try ledger.service.backup(name: "copy")

        ledger = try ledger.reopened()
        try note("restarted, ", ledger)
        ledger = try ledger.reopened { directory in
            _ = try Shell.run("sqlite3 \(directory.file("ledger.db")) 'DELETE FROM snapshots'")
        }
        try note("replayed at the start, ", ledger)
        let packed = try ledger.service.compact(dryRun: false, keepEvents: tail(of: ledger), retainDays: nil)
        try note("compacted up to \(packed.position), ", ledger)
        let kept = try ledger.service.compact(dryRun: false, keepEvents: tail(of: ledger), retainDays: 3)
        try note("\(kept.droppedEvents) events dropped, ", ledger)
        ledger = try ledger.reopened()
        try note("restarted with what was kept, ", ledger)
        try ledger.service.shutdown()

        let restored = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: ledger.directory.file("backups/copy"),
            toPath: restored.file("ledger.db")
        )
        if isRestoringLess {
            let last = "SELECT max(first) FROM blocks"
            _ = try Shell.run(
                "sqlite3 \(restored.file("ledger.db")) 'DELETE FROM blocks WHERE first = (\(last)); DELETE FROM snapshots'"
            )
        }
        let again = try Ledger(in: restored, clock: ledger.clock)
        try note("restored, ", again)
        try again.service.shutdown()
    }

    private mutating func note(_ way: String, _ ledger: Ledger) throws {
        let verification = try ledger.service.verifyProjections()
        byWay[way + "live"] = verification.live
        byWay[way + "from the log"] = verification.replay
        if let snapshot = verification.snapshot { byWay[way + "snapshot and tail"] = snapshot.hash }
    }

    private mutating func play(on ledger: Ledger) throws {
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            try client.play(.random(in: 1...12, using: &random), on: ledger)
            ledger.clock.advance(.hours(.random(in: 0...36, using: &random)))
        }
        try ledger.settle()
    }

    private mutating func tail(of ledger: Ledger) -> Int {
        .random(in: 0...Int(ledger.head.ordinal), using: &random)
    }
}
