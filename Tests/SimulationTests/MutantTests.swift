import Testing

/// Each fault that breaks a promise is found by some of the first seeds.
@Suite struct MutantTests {
    /// Most are found by the first few.
    private static let seedsMax: UInt64 = 60

    @Test(arguments: Mutant.allCases) func isFound(_ mutant: Mutant) {
        let found = (1...MutantTests.seedsMax).contains { seed in
            do {
                try World(seed: seed, mutant: mutant).run()
                return false
            } catch {
                return true
            }
        }
        #expect(found)
    }
}
