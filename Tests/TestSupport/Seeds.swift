import Foundation

/// The histories that a suite plays, by seed: `LEDGERLINE_SEEDS` of them, or the one of `LEDGERLINE_SEED`, or a few.
package enum Seeds {
    package static func chosen(unlessTold count: UInt64) -> [UInt64] {
        if let seed = number("LEDGERLINE_SEED") { return [seed] }
        return Array(1...max(1, number("LEDGERLINE_SEEDS") ?? count))
    }

    /// The same by the hundred, for histories that are played so fast that a line for each would be too much to read.
    package static func hundreds(unlessTold count: UInt64) -> [[UInt64]] {
        let seeds = chosen(unlessTold: count)
        return stride(from: 0, to: seeds.count, by: 100).map { Array(seeds[$0..<min($0 + 100, seeds.count)]) }
    }

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
    }

    /// For the message of a failure.
    package static func replaying(_ seed: UInt64, of suite: String) -> String {
        "again: LEDGERLINE_SEED=\(seed) Tools/test --filter \(suite)"
    }
}
