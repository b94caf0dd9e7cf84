import EventSourcing
import TestSupport
import Testing

@testable import LedgerServiceTests

/// R24: nothing that was said to be durable is ever lost, when power is.
@Suite struct PowerLossTests {
    @Test(arguments: Seeds.chosen(unlessTold: 30)) func nothingDurableIsLost(seed: UInt64) throws {
        let problems = try PowerLossTests.problems(seed: seed)
        #expect(problems.isEmpty, "\(Seeds.replaying(seed, of: "PowerLossTests"))")
    }

    /// What the test above would say of a log that does not wait for the disk.
    @Test(arguments: ["OFF", "NORMAL"]) func lossIsFound(synchronous: String) throws {
        let losing = try (1...30).first { try !PowerLossTests.problems(seed: $0, synchronous: synchronous).isEmpty }
        #expect(losing != nil)
    }

    /// Lives of one ledger.
    private static let lives = 4

    /// Uses a ledger, and has it die, several times over; returns what the first restart that finds something finds.
    private static func problems(seed: UInt64, synchronous: String? = nil) throws -> [String] {
        var random = SeededRandom(seed: seed)
        var use = RandomUse(seed: random.next())
        use.synchronous = synchronous
        let clock = ManualClock()
        var disk = try FaultyDisk()
        var witness = Witness()
        var death = "nothing yet"
        for _ in 1...lives {
            // Now and then it dies while it opens.
            let isOpening = Int.random(in: 0..<4, using: &random) == 0
            if isOpening { disk.arm(fault(using: &random)) }
            do {
                var ledger = try FaultyLedger(on: disk, clock: clock, witness: witness)
                if !isOpening {
                    let problems = try ledger.problems()
                    guard problems.isEmpty else { return problems + ["after \(death)"] }
                    disk.arm(fault(using: &random))
                }
                try use.play(on: &ledger)
                witness = ledger.witness
            } catch {
                guard disk.isWithoutPower else { return ["\(error)", "after \(death)"] }
            }
            let struck = disk.struck ?? "nothing"
            // A process that is killed leaves to the next one what the disk has not got yet.
            let isKilled = Int.random(in: 0..<3, using: &random) == 0
            death = (isKilled ? "death for " : "") + struck
            if isKilled { disk.restart() } else { disk = try FaultyDisk(afterPowerLossOf: disk, seed: random.next()) }
        }
        return []
    }

    /// What the follower of the log does to the views meanwhile is not counted: it has a pace of its own.
    private static func fault(using random: inout SeededRandom) -> Fault {
        let callsMax = [10, 100, 1_000].randomElement(using: &random)!
        return Fault(kind: .powerLoss, call: .random(in: 1...callsMax, using: &random)) { !$0.hasPrefix("views.db") }
    }
}
