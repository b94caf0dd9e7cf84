import EventSourcing
import TestSupport
import Testing

@testable import QuotaDomain

@Suite("R1: the rolling window against a plain list")
struct RollingWindowTests {
    /// A plain list of calls, counted anew for every question.
    struct PlainWindow {
        var calls: [(at: Timestamp, count: Int64)] = []

        func count(at instant: Timestamp) -> Int64 { count(after: instant - .hours(24), through: instant) }

        func count(after start: Timestamp, through end: Timestamp) -> Int64 {
            calls.reduce(0) { $0 + ($1.at > start && $1.at <= end ? $1.count : 0) }
        }

        func instant(whenBelow calls: Int64, from now: Timestamp) -> Timestamp? {
            guard calls > 0 else { return nil }
            var left = count(at: now)
            if left < calls { return now }
            for call in self.calls.filter({ $0.at > now - .hours(24) }).sorted(by: { $0.at < $1.at }) {
                left -= call.count
                if left < calls { return call.at + .hours(24) }
            }
            return nil
        }
    }

    /// How the dates of calls are spread; each makes chunks of another kind.
    enum Shape: String, CaseIterable {
        case busyMinutes, quietDay, allAtOnce, backwards, mixed

        func date(_ step: Int, now: Timestamp, by random: inout SeededRandom) -> Timestamp {
            switch self {
            case .busyMinutes: now - Int64.random(in: 0...3, using: &random)
            case .quietDay: now
            case .allAtOnce: now - now.milliseconds % 50_000
            case .backwards: noon - Int64(step) * 7
            case .mixed:
                Bool.random(using: &random) ? now : now - Int64.random(in: 0...(26 * 3_600_000), using: &random)
            }
        }

        func pause(by random: inout SeededRandom) -> Int64 {
            switch self {
            case .busyMinutes: Int64.random(in: 0...20, using: &random)
            case .quietDay: Int64.random(in: 0...60_000, using: &random)
            case .allAtOnce: Int64.random(in: 0...5, using: &random)
            case .backwards: 0
            case .mixed:
                Int64.random(in: 0...(Int.random(in: 0..<50, using: &random) == 0 ? 9_000_000 : 300), using: &random)
            }
        }
    }

    @Test("Counts, crossings and what is encoded", arguments: Shape.allCases)
    func againstPlainList(shape: Shape) throws {
        var random = SeededRandom(test: "RollingWindowTests.\(shape)")
        var window = RollingWindow(clock: noon, retention: .hours(25))
        var plain = PlainWindow()
        var now = noon
        for step in 0..<5_000 {
            now = now + shape.pause(by: &random)
            let date = shape.date(step, now: now, by: &random)
            let count =
                Int64.random(in: 0..<20, using: &random) == 0 ? 1_000_000 : Int64.random(in: 1...9, using: &random)
            window.add(count, at: date, now: now)
            if date > now - .hours(25) { plain.calls.append((date, count)) }
            guard step % 250 == 249 else { continue }
            #expect(window.total == plain.count(at: now))
            let later = now + Int64.random(in: 0...(26 * 3_600_000), using: &random)
            #expect(window.count(at: later) == plain.count(at: later))
            let end = now - Int64.random(in: 0...3_600_000, using: &random)
            #expect(
                window.count(after: end - .hours(24), through: end)
                    == plain.count(after: end - .hours(24), through: end)
            )
            let line = Int64.random(in: 0...(window.total + 1), using: &random)
            #expect(window.instant(whenBelow: line) == plain.instant(whenBelow: line, from: now))
        }
        var encoded: [Timestamp: Int64] = [:]
        var last = Int64.min
        window.forEachRun(after: now - .hours(24)) { run in
            for index in 0..<run.count {
                #expect(run.instant(index) > last || run.packing == .single && run.instant(index) == last)
                last = run.instant(index)
                encoded[Timestamp(milliseconds: last), default: 0] += run.calls(index)
            }
        }
        let expected = plain.calls.filter { $0.at > now - .hours(24) }
        #expect(encoded == Dictionary(expected.map { ($0.at, $0.count) }, uniquingKeysWith: +))
    }

    /// Where a call is put that is dated neither last nor first, or is.
    static let insertions: [(name: String, date: @Sendable (_ first: Timestamp, _ last: Timestamp) -> Timestamp)] = [
        ("an hour before", { first, _ in first - .hours(1) }),
        ("just before", { first, _ in first - 1 }),
        ("inside", { first, last in Timestamp(milliseconds: (first.milliseconds + last.milliseconds) / 2 + 1) }),
        ("at the first", { first, _ in first }),
        ("just behind", { _, last in last + 1 }),
        ("an hour behind", { _, last in last + .hours(1) }),
    ]

    /// A window, the same in a state, and the plain list.
    private struct Filled {
        var window = RollingWindow(clock: noon)
        var state = QuotaState.initial
        var plain = PlainWindow()

        mutating func put(_ calls: Int64, at date: Timestamp, now: Timestamp) {
            window.add(calls, at: date, now: now)
            plain.calls.append((date, calls))
            let call = Call(
                org: acme,
                workspace: support,
                integration: nil,
                purpose: .other,
                calls: calls,
                at: date
            )
            state.record(call, at: state.position.next, time: now)
        }

        /// Goes on from the encoded state.
        mutating func restart() throws { state = try QuotaState(decoding: state.encode()) }
    }

    @Test("A late call at every fill level of a chunk", arguments: [10, 700] as [Int64], [1, 70_000] as [Int64])
    func everyFillLevel(spacing: Int64, count: Int64) throws {
        var filled = Filled()
        for level in 1...130 {
            let last = noon + Int64(level - 1) * spacing
            filled.put(count, at: last, now: last)
            var alone = filled
            if level % 2 == 0 { try alone.restart() }
            let now = last + .hours(2)
            // With a later call what is put behind the others does not come last.
            var followed = alone
            followed.put(1, at: now, now: now)
            for insertion in Self.insertions {
                for var late in [alone, followed] {
                    let date = insertion.date(noon, last)
                    for _ in 0..<2 { late.put(3, at: date, now: now) }
                    let instants = [now, date + .hours(24), last + .hours(24)]
                    try check(late, at: instants, "\(insertion.name), level \(level)")
                    let between = late.plain.count(after: noon, through: last)
                    #expect(late.window.count(after: noon, through: last) == between)
                }
            }
        }
    }

    private func check(_ filled: Filled, at instants: [Timestamp], _ place: String) throws {
        for instant in instants {
            let expected = filled.plain.count(at: instant)
            #expect(filled.window.count(at: instant) == expected, "\(place)")
            let used = try filled.state.usage(org: acme, workspace: support, at: instant).usedByWorkspace
            #expect(used == expected, "\(place)")
        }
    }

    @Test("Memory is bounded by the window: what expired is dropped, in busy and in quiet times")
    func droppedInstants() {
        var window = RollingWindow(clock: noon)
        for minute in 0..<(10 * 1_440) {
            let now = noon + .minutes(Int64(minute))
            window.add(1, at: now, now: now)
        }
        #expect(window.total == 1_440)
        #expect(window.instants < 1_440 + 2 * WindowChunk.wideInstantsMax)
    }

    @Test("A copy is not touched by what happens to the original")
    func copies() {
        var window = RollingWindow(clock: noon)
        for step in 0..<10_000 { window.add(1, at: noon + Int64(step), now: noon + Int64(step)) }
        let copy = window
        for step in 0..<10_000 { window.add(1, at: noon + Int64(step), now: noon + 10_000) }
        #expect(copy.total == 10_000 && window.total == 20_000)
        #expect(copy.count(at: noon + .hours(24) + 4_999) == 5_000)
    }

    @Test("A write after a copy copies one chunk, or divides one for a late call, and shares the others")
    func copiedChunks() {
        var window = RollingWindow(clock: noon)
        for step in 0..<200_000 { window.add(1, at: noon + Int64(step), now: noon + Int64(step)) }
        let copy = window
        let now = noon + 200_000
        let shared = Set(Self.memory(of: copy))
        var copied = 0
        for (date, copiedMax) in [(now, 1), (noon + 70_001, 2), (noon + 150_001, 2)] {
            window.add(1, at: date, now: now)
            let unshared = Self.memory(of: window).count { !shared.contains($0) }
            #expect((1...copiedMax).contains(unshared - copied))
            copied = unshared
        }
        #expect(window.chunks.allSatisfy { $0.bytes <= 2 * WindowChunk.packedBytesMax })
        #expect(copy.total == 200_000 && window.total == 200_003)
    }

    /// Where each chunk's words lie in memory.
    private static func memory(of window: RollingWindow) -> [UnsafeRawPointer?] {
        window.chunks.map { chunk in
            var address: UnsafeRawPointer?
            chunk.run.withEncoded { address = $0.baseAddress }
            return address
        }
    }

    @Test("A dense window has few chunks, and takes two bytes for each millisecond with a single call")
    func memory() {
        var window = RollingWindow(clock: noon)
        for step in 0..<400_000 { window.add(1, at: noon + Int64(step), now: noon + Int64(step)) }
        #expect(window.bytes < 400_000 * 2 + 2 * WindowChunk.packedBytesMax)
        #expect(window.chunks.count < 400_000 * 2 / WindowChunk.packedBytesMax + 400_000 / Int(WindowChunk.cell) + 3)
    }

    @Test("Calls that come in any order take about as little: no chunk stays wide that lies in two busy cells")
    func memoryInAnyOrder() {
        var random = SeededRandom(test: "RollingWindowTests.memoryInAnyOrder")
        let (cells, calls) = (200 as Int64, 50_000)
        let now = Timestamp(milliseconds: cells * WindowChunk.cell)
        var window = RollingWindow(clock: now)
        for _ in 0..<calls {
            let at = Timestamp(milliseconds: Int64.random(in: 0...now.milliseconds, using: &random))
            window.add(1, at: at, now: now)
        }
        #expect(window.total == calls)
        #expect(window.bytes < calls * 3)
        #expect(window.chunks.count { $0.run.packing == .wide } < 10)
    }

    @Test("Instants of a busy minute take two bytes a call, or four each once many calls share them")
    func packing() {
        #expect(PackedRun.Packing.single.callsMax == 1 && PackedRun.Packing.single.offsets == 0..<65_536)
        #expect(PackedRun.Packing.narrow.callsMax == 65_536 && PackedRun.Packing.narrow.offsets == 0..<65_536)
        #expect(PackedRun.Packing.wide.callsMax == 1 << 36 && PackedRun.Packing.wide.offsets == 0..<(1 << 28))
        var chunk = WindowChunk(around: 65_536)
        for offset in 0..<Int64(WindowChunk.wideInstantsMax) { chunk.add(1, at: 65_536 + offset) }
        #expect(chunk.isFull && chunk.reaches(-1))
        let isPacked = chunk.pack()
        #expect(isPacked && chunk.run.packing == .single)
        #expect(!chunk.isFull && chunk.reaches(131_071) && !chunk.reaches(131_072) && !chunk.reaches(65_535))
        chunk.add(3, at: 65_541)
        #expect(chunk.run.packing == .single && chunk.count == 131 && chunk.distinct == 128)
        #expect(chunk.count(through: 65_541) == 9 && chunk.total(through: 65_541) == 9)
        // Words for calls take more memory than longer words for instants once there are as many again, and 16.
        chunk.add(128 + 16 - 3, at: 65_541)
        #expect(chunk.run.packing == .single)
        chunk.add(1, at: 65_541)
        #expect(chunk.run.packing == .narrow && chunk.count == 128 && chunk.calls(5) == 128 + 16 + 2)
        chunk.add(70_000, at: 65_540)
        #expect(chunk.run.packing == .wide)
        #expect(chunk.total == 70_000 + 2 * 128 + 17)
        #expect(chunk.calls(4) == 70_001 && chunk.instant(4) == 65_540)
    }

    @Test("Runs depend on the calls alone: they are the same however the calls came about")
    func runs() {
        var random = SeededRandom(test: "RollingWindowTests.runs")
        var calls: [(at: Int64, count: Int64)] = []
        for cell in 0..<6 as Range<Int64> {
            let instants = cell == 3 ? 20_000 : 300
            for _ in 0..<instants {
                let isMany = cell % 2 == 1 && Int.random(in: 0..<500, using: &random) == 0
                // Of one cell half the instants have several calls, about as many as single words are worth it for.
                let range = cell == 4 ? 0..<150 : 0..<WindowChunk.cell
                let offset = Int64.random(in: range, using: &random)
                calls.append((cell * WindowChunk.cell + offset, isMany ? 70_000 : 1))
            }
        }
        let now = Timestamp(milliseconds: 6 * WindowChunk.cell)
        func runs(_ calls: [(at: Int64, count: Int64)]) -> [PackedRun] {
            var window = RollingWindow(clock: now)
            for call in calls { window.add(call.count, at: Timestamp(milliseconds: call.at), now: now) }
            var runs: [PackedRun] = []
            window.forEachRun(after: now - .hours(24)) { runs.append($0) }
            return runs
        }
        func text(_ runs: [PackedRun]) -> [String] {
            runs.map { run in
                var words: [UInt8] = []
                run.withEncoded { words = Array($0) }
                return "\(run.base) \(run.packing) \(words)"
            }
        }
        let sorted = runs(calls.sorted { $0.at < $1.at })
        #expect(text(runs(calls)) == text(sorted))
        var decoded = RollingWindow(clock: now)
        for run in sorted { decoded.append(run) }
        #expect(decoded.total == calls.reduce(0) { $0 + $1.count })
        var again: [PackedRun] = []
        decoded.forEachRun(after: now - .hours(24)) { again.append($0) }
        #expect(text(again) == text(sorted))
    }

    @Test("More calls at an instant than a word can say are kept in several")
    func overfullInstant() {
        var window = RollingWindow(clock: noon)
        for _ in 0..<3 { window.add(RollingWindow.callsPerAddMax, at: noon, now: noon) }
        window.add(5, at: noon, now: noon)
        var runs: [PackedRun] = []
        window.forEachRun(after: noon - .hours(24)) { runs.append($0) }
        #expect(runs.count == 1 && runs[0].count == 4)
        var decoded = RollingWindow(clock: noon)
        for run in runs { decoded.append(run) }
        #expect(decoded.total == window.total && decoded.total == 3 << 36 + 5)
    }
}
