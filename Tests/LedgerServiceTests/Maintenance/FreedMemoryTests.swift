#if canImport(Glibc)
    import Foundation
    import LedgerService
    import Testing

    /// What the allocator holds back shows in how often a thread touches memory that it did not have.
    @Suite struct FreedMemoryTests {
        private static let pieces = 4
        private static let pieceBytes = 1_000_000
        private static let rounds = 10
        private static let pageBytes = 4_096

        @Test func memoryOfPagesIsUsedAgain() {
            #expect(FreedMemory.holdForReading())
            // The first time takes the memory.
            Self.useMemory()
            let before = Self.pageFaults
            for _ in 0..<Self.rounds { Self.useMemory() }
            let faults = Self.pageFaults - before
            // Other tests may free memory in the same arena.
            #expect(faults < Self.rounds * Self.pieces * Self.pieceBytes / Self.pageBytes / 2)
        }

        private static func useMemory() {
            let pieces = (0..<pieces).map { [UInt8](repeating: UInt8($0 + 1), count: pieceBytes) }
            withExtendedLifetime(pieces) {}
        }

        /// Those of the calling thread so far.
        private static var pageFaults: Int {
            // RUSAGE_THREAD, which the module of the C library leaves out.
            let thread: __rusage_who_t = 1
            var usage = rusage()
            getrusage(thread, &usage)
            return usage.ru_minflt
        }
    }
#endif
