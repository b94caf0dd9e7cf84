import EventSourcing
import SQLiteEventLog

/// For each org and hour, between which positions there are calls dated in it.
struct CallRanges {
    /// An org and an hour, as a `UsageKey` begins with them.
    private var orgHours = KeyTable()
    /// The last range of each, by its number.
    private var last: [ClosedRange<Int64>] = []
    /// What lies before a gap that is not worth reading through.
    private var earlier: [(orgHour: Int, range: ClosedRange<Int64>)] = []

    /// About the memory that the ranges take, in bytes.
    var byteCount: Int {
        orgHours.byteCount + last.count * MemoryLayout<ClosedRange<Int64>>.stride
            + earlier.count * MemoryLayout<(Int, ClosedRange<Int64>)>.stride
    }

    /// The number of an org and an hour, for `extend`. There is a call at `position`.
    mutating func number(of orgHour: UnsafeRawBufferPointer, at position: Int64) -> Int {
        let number = orgHours.number(of: orgHour)
        if number == last.count { last.append(position...position) }
        return number
    }

    /// There is a call at `position`, behind all so far.
    mutating func extend(_ orgHour: Int, to position: Int64) {
        let range = last[orgHour]
        if position - range.upperBound < Int64(CallRange.gapMax) {
            last[orgHour] = range.lowerBound...position
        } else {
            earlier.append((orgHour, range))
            last[orgHour] = position...position
        }
    }

    /// Takes out all ranges, those of one org and hour in the order of the log.
    mutating func take() -> [CallRange] {
        defer {
            orgHours.removeAll()
            last.removeAll(keepingCapacity: true)
            earlier.removeAll(keepingCapacity: true)
        }
        var names: [(org: String, hour: Int64)] = []
        orgHours.forEach { names.append(UsageKey.orgHour($1)) }
        return (earlier + last.enumerated().map { ($0, $1) }).map { number, range in
            CallRange(
                org: names[number].org,
                hour: names[number].hour,
                first: LogPosition(range.lowerBound),
                last: LogPosition(range.upperBound)
            )
        }
    }
}
