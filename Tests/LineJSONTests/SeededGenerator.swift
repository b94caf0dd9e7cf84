import Foundation

/// SplitMix64: random numbers that a seed makes repeatable.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// Takes the seed from `LEDGERLINE_TEST_SEED`, or a new one, and prints it.
    static func announced(_ test: String = #function) -> SeededGenerator {
        let given = ProcessInfo.processInfo.environment["LEDGERLINE_TEST_SEED"].flatMap(UInt64.init)
        let generator = SeededGenerator(seed: given ?? .random(in: 0...UInt64.max))
        print("\(test): LEDGERLINE_TEST_SEED=\(generator.seed)")
        return generator
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
