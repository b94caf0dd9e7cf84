import Foundation
import TestSupport
import Testing

@testable import LedgerServiceTests

/// A bit that flips in a file, or an end that is missing, is found or changes nothing.
@Suite struct BitRotTests {
    /// How often, over all files: `LEDGERLINE_FLIPS`.
    private static let flips = ProcessInfo.processInfo.environment["LEDGERLINE_FLIPS"].flatMap(Int.init) ?? 100

    @Test(arguments: RottingLedger.files) func isFoundOrHarmless(file: String) throws {
        var random = SeededRandom()
        let ledger = try RottingLedger(seed: random.next())
        var counts: [RottingLedger.Finding: Int] = [:]
        for _ in 0..<max(1, BitRotTests.flips / RottingLedger.files.count) {
            let damage = Int.random(in: 0..<5, using: &random) == 0 ? RottingLedger.Damage.cut : .flip
            let finding = try ledger.finding(after: damage, in: file, using: &random)
            counts[finding, default: 0] += 1
            #expect(BitRotTests.isRight(finding, after: damage, in: file))
        }
        print("bit rot in \(file): \(counts.map { "\($1) \($0)" }.sorted().joined(separator: ", "))")
    }

    /// What the test above would say without what guards a file.
    @Test(arguments: RottingLedger.Silencing.allCases)
    func isMissedWithoutGuards(_ silencing: RottingLedger.Silencing) throws {
        var random = SeededRandom()
        let ledger = try RottingLedger(seed: random.next())
        for _ in 1...500 {
            // Where not even the guard can be silenced, SQLite itself has found the damage.
            let found = try? ledger.finding(after: .flip, in: silencing.file, silencing: silencing, using: &random)
            guard let finding = found else { continue }
            if case .unclear = finding { continue }
            guard BitRotTests.isRight(finding, after: .flip, in: silencing.file) else { return }
        }
        Issue.record("nothing wrong was found")
    }

    /// What is said of where the damage is would be found wrong.
    @Test func anotherPlaceIsFoundWrong() throws {
        var random = SeededRandom()
        let ledger = try RottingLedger(seed: random.next())
        for _ in 1...500 where try !ledger.isEndTakenForPlaceOfDamage(using: &random) { return }
        Issue.record("nothing wrong was found")
    }

    /// A WAL that was cut off looks as a crash leaves it; only what was made from the log behind knows better.
    private static func isRight(
        _ finding: RottingLedger.Finding,
        after damage: RottingLedger.Damage,
        in file: String
    ) -> Bool {
        switch finding {
        case .detected, .harmless: true
        case .mended: file.hasPrefix("views.db")
        case .shortened: file == "ledger.db-wal" && damage == .cut
        case .differs, .unclear: false
        }
    }
}
