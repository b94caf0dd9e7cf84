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
            counts[try ledger.finding(in: file, using: &random), default: 0] += 1
        }
        print("bit rot in \(file): \(counts.map { "\($1) \($0)" }.sorted().joined(separator: ", "))")
        let wrong = counts.keys.filter { $0 != .detected && $0 != .harmless }
        guard file == "ledger.db-wal" else {
            #expect(wrong.isEmpty)
            return
        }
        #expect(wrong.allSatisfy { $0 == .shortened })
        withKnownIssue("SQLite takes a damaged frame for the end of the WAL", isIntermittent: true) {
            #expect(wrong.isEmpty)
        }
    }
}
