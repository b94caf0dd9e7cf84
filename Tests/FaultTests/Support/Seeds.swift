import Foundation

/// The histories that a suite plays, by seed: `LEDGERLINE_SEEDS` of them, or the one of `LEDGERLINE_SEED`, or a few.
enum Seeds {
    static func chosen(unlessTold count: UInt64) -> [UInt64] {
        if let seed = number("LEDGERLINE_SEED") { return [seed] }
        return Array(1...max(1, number("LEDGERLINE_SEEDS") ?? count))
    }

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
    }

    /// For the message of a failure.
    static func replaying(_ seed: UInt64, of suite: String) -> String {
        "again: LEDGERLINE_SEED=\(seed) Tools/test --filter \(suite)"
    }
}
