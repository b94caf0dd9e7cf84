import EventSourcing
import LineJSON
import SQLiteEventLog

/// Folds blocks into what `views.db` holds: calls rolled up by hour, where in the log the calls of each hour stand, and
/// all other events by org.
///
/// A call costs the reading of its line and a look into a table of keys, or two where the hour changes. Strings are made
/// when a batch is taken.
struct UsageFold: Projection, ~Copyable {
    static let version = 1

    /// What calls are told apart by besides the hour: `UsageKey`s.
    private var series = KeyTable()
    /// A series' number and an hour, see `SeriesHour`; `counts` by the number of the pair.
    private var seriesHours = KeyTable()
    private var counts: [Counts] = []
    /// Where the last call of each series was counted: the next one is mostly of the same hour.
    private var latest: [Latest] = []
    private var ranges = CallRanges()
    /// Every event that is no call.
    private var facts: [Fact] = []
    private var factBytes = 0

    private var reader = CountedLineReader()

    private struct Counts {
        var calls: Int64 = 0
        var uncounted: Int64 = 0
        /// The number of the org and hour among the ranges.
        var orgHour: Int
    }

    private struct Latest {
        var hour: Int32
        /// Index of the counts.
        var counts: Int32
    }

    /// A key of `seriesHours`.
    private struct SeriesHour {
        var series: Int32
        /// Since 1970-01-01T00:00Z: those of all instants that can be written fit.
        var hour: Int32
    }

    init() {}

    /// About the memory that the next batch takes, in bytes.
    var byteCount: Int {
        series.byteCount + latest.count * MemoryLayout<Latest>.stride + seriesHours.byteCount
            + counts.count * MemoryLayout<Counts>.stride + ranges.byteCount + factBytes
    }

    /// Folds in the events of a block behind `position`; those before were folded in already.
    mutating func fold(_ block: Block, after folded: LogPosition) throws {
        // The reader is taken out while it is used, so that the closure may change the rest.
        var reader = CountedLineReader()
        swap(&reader, &self.reader)
        defer { swap(&reader, &self.reader) }
        try reader.forEachLine(of: block) { line in
            switch line {
            case .call(let call):
                if call.position > folded { count(call) }
            case .other(let line, let bytes):
                if line.position > folded { keepFact(line, bytes: bytes) }
            }
        }
    }

    private mutating func count(_ call: LoggedCall) {
        let number = countsNumber(of: call)
        if call.counted {
            counts[number].calls += call.calls
        } else {
            counts[number].uncounted += call.calls
        }
        ranges.extend(counts[number].orgHour, to: call.position.ordinal)
    }

    /// The index of the counts of a call's series and hour.
    private mutating func countsNumber(of call: LoggedCall) -> Int {
        let hour = HistoryQuestion.hour(of: call.effective)
        let number = UsageKey.with(call) { series.number(of: $0) }
        let seriesHour = SeriesHour(series: Int32(truncatingIfNeeded: number), hour: Int32(truncatingIfNeeded: hour))
        if number < latest.count, case let latest = latest[number], latest.hour == seriesHour.hour {
            return Int(latest.counts)
        }
        let found = withUnsafeBytes(of: seriesHour) { seriesHours.number(of: $0) }
        if found == counts.count {
            counts.append(Counts(orgHour: ranges.number(of: call.org, hour: hour, at: call.position.ordinal)))
        }
        note(Latest(hour: seriesHour.hour, counts: Int32(truncatingIfNeeded: found)), ofSeries: number)
        return found
    }

    private mutating func note(_ latest: Latest, ofSeries number: Int) {
        if number < self.latest.count {
            self.latest[number] = latest
        } else {
            self.latest.append(latest)
        }
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

    /// Takes out what was folded in since the last time: the calls, and the ranges and facts that go with them.
    mutating func takeBatch(checkpoint: ViewsCheckpoint) -> ViewsBatch {
        defer {
            facts.removeAll(keepingCapacity: true)
            factBytes = 0
        }
        return ViewsBatch(checkpoint: checkpoint, usage: takeUsage(), ranges: ranges.take(), facts: facts)
    }

    /// Takes out the calls alone: what retention archives.
    mutating func takeUsage() -> UsageTotals {
        defer {
            series.removeAll()
            seriesHours.removeAll()
            latest.removeAll(keepingCapacity: true)
            counts.removeAll(keepingCapacity: true)
        }
        var totals = UsageTotals()
        totals.series.reserveCapacity(series.count)
        series.forEach { totals.series.append(UsageKey.series($1)) }
        totals.hours.reserveCapacity(counts.count)
        seriesHours.forEach { number, key in
            let key = key.loadUnaligned(as: SeriesHour.self)
            totals.hours.append(
                UsageTotals.Hour(
                    series: Int(key.series),
                    hour: Int64(key.hour),
                    calls: counts[number].calls,
                    uncounted: counts[number].uncounted
                )
            )
        }
        return totals
    }
}
