import Foundation

/// Random numbers that can be had again: prints its seed and takes it from `LEDGERLINE_SEED`.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    package let seed: UInt64
    private var state: UInt64

    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// For one test, whose name is printed with the seed.
    package init(test: String = #function) {
        let given = ProcessInfo.processInfo.environment["LEDGERLINE_SEED"].flatMap(UInt64.init)
        self.init(seed: given ?? .random(in: .min ... .max))
        print("\(test): LEDGERLINE_SEED=\(seed)")
    }

    /// SplitMix64.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
