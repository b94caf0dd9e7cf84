import Foundation

/// SplitMix64: random numbers that a seed gives again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// The seed of this run: `LEDGERLINE_SEED`, or else a new one.
    static let seed: UInt64 =
        ProcessInfo.processInfo.environment["LEDGERLINE_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...999_999)

    /// Prints the seed with which `name` runs. How much is drawn elsewhere does not matter.
    static func forTests(_ name: String) -> SeededGenerator {
        print("\(name): LEDGERLINE_SEED=\(seed)")
        return SeededGenerator(seed: seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
