import Synchronization
import Testing

@testable import SQLiteEventLog

@Suite struct ConcurrentMapTests {
    struct Refusal: Error, Equatable {
        var element: Int
    }

    @Test(arguments: [0, 1, 2, 3, 1_000])
    func resultsStandInTheOrderOfTheElements(count: Int) throws {
        #expect(try Array(0..<count).concurrentMap { "\($0)" } == (0..<count).map { "\($0)" })
    }

    /// What a reader is told must not depend on which thread was faster.
    @Test func theFirstElementThatIsRefusedIsTold() {
        for _ in 0..<100 {
            #expect(throws: Refusal(element: 3)) {
                try Array(0..<64).concurrentMap { element in
                    guard element % 5 != 3 else { throw Refusal(element: element) }
                    return element
                }
            }
        }
    }

    @Test func eachElementIsTakenOnce() throws {
        let taken = Mutex<[Int: Int]>([:])
        _ = try Array(0..<500).concurrentMap { element in taken.withLock { $0[element, default: 0] += 1 } }
        #expect(taken.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<500).map { ($0, 1) }))
    }
}
