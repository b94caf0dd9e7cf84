import TestSupport
import Testing

@testable import SQLiteEventLog

/// As `forEach` gives them.
private struct Counted: Equatable {
    var place: Int
    var calls: Int
    var uncounted: Int
}

private func counts(in bytes: [UInt8]) throws -> [Counted] {
    var found: [Counted] = []
    try bytes.withUnsafeBytes { bytes in
        try SeriesChunk.forEach(in: bytes) { found.append(Counted(place: $0, calls: $1, uncounted: $2)) }
    }
    return found
}

@Suite struct SeriesChunkTests {
    @Test func whatIsEncodedIsReadAgain() throws {
        var random = SeededRandom()
        for _ in 0..<200 {
            var chunk = SeriesChunk()
            let places = (0..<SeriesChunk.seriesMax).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            let counted = places.map { place in
                let calls = Int.random(in: 0...(1 << Int.random(in: 0...40, using: &random)), using: &random)
                let uncounted = calls == 0 ? 1 : Int.random(in: 0...1, using: &random) * 300
                return Counted(place: place, calls: calls, uncounted: uncounted)
            }
            for count in counted.shuffled(using: &random) {
                try chunk.add(calls: count.calls, uncounted: count.uncounted, at: count.place)
            }
            #expect(try counts(in: chunk.encoded) == counted)
            try chunk.encoded.withUnsafeBytes { try chunk.add($0) }
            #expect(try counts(in: chunk.encoded).map(\.calls) == counted.map { $0.calls * 2 })
        }
    }

    @Test("A series takes two to four bytes", arguments: [(1, 0, 2), (127, 0, 2), (16_383, 0, 3), (16_383, 1, 4)])
    func bytes(calls: Int, uncounted: Int, length: Int) throws {
        var chunk = SeriesChunk()
        for place in 0..<SeriesChunk.seriesMax { try chunk.add(calls: calls, uncounted: uncounted, at: place) }
        #expect(chunk.encoded.count == length * SeriesChunk.seriesMax)
    }

    @Test(
        "Bytes that are not written are damage",
        arguments: [
            [0], [0x80], [0, 0x80], [1, 5], [0, 5, 0], [0, 0], [1, 5, 0], [1, 0, 0], [0, 0x81, 0],
            Array(repeating: [0, 1], count: SeriesChunk.seriesMax + 1).flatMap(\.self), [0x80, 0x02, 1],
            [0] + Array(repeating: 0xFF, count: 9),
        ]
    )
    func damage(_ bytes: [UInt8]) {
        #expect(throws: ViewsError.damaged("the counts of an hour are not what was written")) { try counts(in: bytes) }
    }

    @Test func sumsThatNoLogHoldsAreDamage() throws {
        let most = VarintReader.numberMax
        var chunk = SeriesChunk()
        try chunk.add(calls: most - 1, uncounted: most, at: 3)
        for (calls, uncounted) in [(2, 0), (0, 1), (.max, 0), (-most, 0), (0, .min)] {
            #expect(throws: ViewsError.self) { try chunk.add(calls: calls, uncounted: uncounted, at: 3) }
        }
        #expect(try counts(in: chunk.encoded) == [Counted(place: 3, calls: most - 1, uncounted: most)])
    }
}
