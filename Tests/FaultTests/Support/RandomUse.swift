import EventSourcing
import GRDB
import LedgerService
import TestSupport

@testable import LedgerServiceTests
@testable import SQLiteEventLog

/// Uses a ledger in every way there is, until its disk fails.
struct RandomUse {
    private var random: SeededRandom
    private var client: RandomClient
    /// `PRAGMA synchronous` of the log's writer; nil leaves it as it is.
    var synchronous: String?

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        client = RandomClient(random: SeededRandom(seed: ~seed))
    }

    /// Ends when the power is gone, and throws only what was not the disk's fault.
    mutating func play(on ledger: inout FaultyLedger) throws {
        do {
            try override(in: ledger)
            while !ledger.disk.isWithoutPower { try step(on: &ledger) }
        } catch {
            guard ledger.disk.isWithoutPower else { throw error }
        }
        try? ledger.stop()
    }

    private func override(in ledger: FaultyLedger) throws {
        guard let synchronous else { return }
        let pragma = "PRAGMA synchronous = \(synchronous)"
        try ledger.service.log.pool.writeWithoutTransaction { try $0.execute(sql: pragma) }
    }

    private mutating func step(on ledger: inout FaultyLedger) throws {
        switch Int.random(in: 0..<40, using: &random) {
        case 0, 1: _ = try ledger.service.takeSnapshot()
        case 2: try compact(ledger)
        case 3: try ledger.backUp()
        case 4: try ledger.service.log.checkpoint()
        case 5: try ledger.service.log.checkpointIfDue(afterWriting: .max / 2)
        case 6: _ = try ledger.service.rebuildProjections()
        case 7: ledger.clock.advance(.days(.random(in: 1...3, using: &random)))
        case 8: try restart(&ledger)
        default:
            ledger.clock.advance(client.pause())
            _ = try ledger.submit(client.requests(at: ledger.clock.now))
        }
    }

    private mutating func compact(_ ledger: FaultyLedger) throws {
        let isDropping = Int.random(in: 0..<3, using: &random) == 0
        _ = try ledger.service.compact(
            dryRun: false,
            keepEvents: .random(in: 0...20, using: &random),
            retainDays: isDropping ? .random(in: 2...4, using: &random) : nil
        )
    }

    private func restart(_ ledger: inout FaultyLedger) throws {
        try ledger.stop()
        ledger = try FaultyLedger(on: ledger.disk, clock: ledger.clock, witness: ledger.witness)
        try override(in: ledger)
    }
}
