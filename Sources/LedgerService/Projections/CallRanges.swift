import EventSourcing
import SQLiteEventLog

/// For each org and hour, between which positions there are calls dated in it.
struct CallRanges {
    /// An hour as an Int64, and the org behind it.
    private var orgHours = KeyTable()
    /// The last range of each, by its number.
    private var last: [ClosedRange<Int64>] = []
    /// What lies before a gap that is not worth reading through.
    private var earlier: [(orgHour: Int, range: ClosedRange<Int64>)] = []

    private static let hourSize = MemoryLayout<Int64>.size

    /// About the memory that the ranges take, in bytes.
    var byteCount: Int {
        orgHours.byteCount + last.count * MemoryLayout<ClosedRange<Int64>>.stride
            + earlier.count * MemoryLayout<(Int, ClosedRange<Int64>)>.stride
    }

    /// The number of an org and an hour, for `extend`. There is a call at `position`.
    mutating func number(of org: LineText, hour: Int64, at position: Int64) -> Int {
        let number = withUnsafeTemporaryAllocation(byteCount: CallRanges.hourSize + org.countMax, alignment: 1) { key in
            key.storeBytes(of: hour, as: Int64.self)
            let end = org.store(to: key.baseAddress.unsafelyUnwrapped, at: CallRanges.hourSize)
            return orgHours.number(of: UnsafeRawBufferPointer(rebasing: key[..<end]))
        }
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
        orgHours.forEach { _, key in
            let org = String(decoding: key[CallRanges.hourSize...], as: UTF8.self)
            names.append((org, key.loadUnaligned(as: Int64.self)))
        }
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
