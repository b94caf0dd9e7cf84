/// The calls of up to 128 series of an org in one hour, by the place of each series among them: a row of `hourly`.
///
/// With a row for each series, a question that met 175,000 of them took 150 to 260 ms. In a chunk each is two to four
/// bytes, and all of them stay in a page with others: SQLite moves what has more than 1,000 bytes to a page of its own.
struct SeriesChunk {
    static let seriesMax = 128

    private var counts = Array(repeating: Count(), count: seriesMax)

    private struct Count {
        var calls = 0
        var uncounted = 0
    }

    /// The chunk that a series is in, by the number that it has in its org, and its place there.
    static func chunk(ofSeries number: Int) -> Int { number / seriesMax }
    static func place(ofSeries number: Int) -> Int { number % seriesMax }

    /// Adds what `encoded` has written. Throws `ViewsError.damaged` for bytes that it does not write.
    mutating func add(_ bytes: UnsafeRawBufferPointer) throws {
        try SeriesChunk.forEach(in: bytes) { place, calls, uncounted in
            try add(calls: calls, uncounted: uncounted, at: place)
        }
    }

    /// Throws `ViewsError.damaged` when the sum is more than any log holds, or less than nothing.
    mutating func add(calls: Int, uncounted: Int, at place: Int) throws {
        counts[place].calls = try callsSum(counts[place].calls, calls)
        counts[place].uncounted = try callsSum(counts[place].uncounted, uncounted)
    }

    /// For each series that has calls, in the order of their places, as varints: how many places lie between the one
    /// before and this one, doubled, and 1 more where calls follow that do not count; the calls that count; those that do
    /// not.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(SeriesChunk.seriesMax * 3)
        var next = 0
        for (place, count) in counts.enumerated() where count.calls > 0 || count.uncounted > 0 {
            let hasUncounted = count.uncounted > 0
            bytes.appendVarint((place - next) * 2 + (hasUncounted ? 1 : 0))
            bytes.appendVarint(count.calls)
            if hasUncounted { bytes.appendVarint(count.uncounted) }
            next = place + 1
        }
        return bytes
    }

    /// Calls `body` with each series that has calls, by its place, and the calls that count and those that do not.
    /// Throws `ViewsError.damaged` for bytes that `encoded` does not write.
    static func forEach(
        in bytes: UnsafeRawBufferPointer,
        _ body: (_ place: Int, _ calls: Int, _ uncounted: Int) throws -> Void
    ) throws {
        var reader = VarintReader(bytes)
        var next = 0
        while !reader.isAtEnd {
            guard let gap = reader.next(), let calls = reader.next(),
                let uncounted = gap & 1 == 1 ? reader.next() : 0,
                next + gap / 2 < seriesMax, calls + uncounted > 0, (uncounted > 0) == (gap & 1 == 1)
            else { throw ViewsError.damaged("the counts of an hour are not what was written") }
            try body(next + gap / 2, calls, uncounted)
            next += gap / 2 + 1
        }
    }
}

/// Only damage makes calls more than a log holds, or less than none: then it throws `ViewsError.damaged`.
func callsSum(_ left: Int, _ right: Int) throws -> Int {
    let (sum, overflow) = left.addingReportingOverflow(right)
    guard !overflow, 0...VarintReader.numberMax ~= sum else {
        throw ViewsError.damaged("an hour has \(right) calls more than \(left)")
    }
    return sum
}
