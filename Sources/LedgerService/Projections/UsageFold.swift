import EventSourcing
import LineJSON
import SQLiteEventLog

/// Folds blocks into what `views.db` holds: calls rolled up by hour, where in the log the calls of each hour stand, and
/// all other events by org.
///
/// A call costs the reading of its line and a look into a table of keys. Strings are made when a batch is taken.
struct UsageFold: Projection, ~Copyable {
    static let version = 1

    /// Calls by hour and all that history groups by; `counts` by the number of the key.
    private var keys = KeyTable()
    private var counts: [Counts] = []
    private var ranges = CallRanges()
    /// Every event that is no call.
    private var facts: [Fact] = []
    private var factBytes = 0

    private var lines = LogLineReader()
    private var key = UsageKey()

    private struct Counts {
        var calls: Int64 = 0
        var uncounted: Int64 = 0
        /// The number of the org and hour among the ranges.
        var orgHour: Int
    }

    init() {}

    /// About the memory that the next batch takes, in bytes.
    var byteCount: Int {
        keys.byteCount + counts.count * MemoryLayout<Counts>.stride + ranges.byteCount + factBytes
    }

    /// Folds in the events of a block behind `position`; those before were folded in already.
    mutating func fold(_ block: Block, after folded: LogPosition) throws {
        // The reader is taken out while it is used, so that the closure may change the rest.
        var reader = LogLineReader()
        swap(&reader, &lines)
        defer { swap(&reader, &lines) }
        try block.forEachLine { bytes in
            try reader.withLine(bytes) { line in
                guard line.position > folded else { return }
                if line.isCall {
                    try count(line)
                } else {
                    keepFact(line, bytes: bytes)
                }
            }
        }
    }

    private mutating func count(_ line: LogLine) throws {
        guard let call = LoggedCall(line) else {
            throw UnreadableEvent(position: line.position, reason: "its data is not that of api.called")
        }
        key.set(line, call, hour: floorDivided(call.effective.milliseconds, by: 3_600_000))
        let number = key.bytes.withUnsafeBytes { keys.number(of: $0) }
        if number == counts.count { addCounts(at: line.position) }
        if call.counted {
            counts[number].calls += call.calls
        } else {
            counts[number].uncounted += call.calls
        }
        ranges.extend(counts[number].orgHour, to: line.position.ordinal)
    }

    /// For a key that is new.
    private mutating func addCounts(at position: LogPosition) {
        let orgHour = key.bytes.withUnsafeBytes { bytes in
            ranges.number(of: UnsafeRawBufferPointer(rebasing: bytes[..<key.orgHourLength]), at: position.ordinal)
        }
        counts.append(Counts(orgHour: orgHour))
    }

    private mutating func keepFact(_ line: LogLine, bytes: UnsafeRawBufferPointer) {
        facts.append(
            Fact(
                position: line.position,
                time: line.time,
                type: line.type.string() ?? "",
                org: line.org.string() ?? "",
                workspace: line.workspace?.string() ?? "",
                event: String(decoding: bytes, as: UTF8.self)
            )
        )
        factBytes += bytes.count + MemoryLayout<Fact>.stride
    }

    /// Takes out what was folded in since the last time: the rows, and the ranges and facts that go with them.
    mutating func takeBatch(checkpoint: ViewsCheckpoint) -> ViewsBatch {
        defer {
            facts.removeAll(keepingCapacity: true)
            factBytes = 0
        }
        return ViewsBatch(checkpoint: checkpoint, usage: takeUsage(), ranges: ranges.take(), facts: facts)
    }

    /// Takes out the rows alone: what retention archives.
    mutating func takeUsage() -> [HourlyUsage] {
        defer {
            keys.removeAll()
            counts.removeAll(keepingCapacity: true)
        }
        var rows: [HourlyUsage] = []
        rows.reserveCapacity(counts.count)
        keys.forEach { number, key in
            rows.append(UsageKey.usage(key, calls: counts[number].calls, uncounted: counts[number].uncounted))
        }
        return rows
    }
}
