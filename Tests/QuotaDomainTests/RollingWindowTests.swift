import EventSourcing
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

        func date(_ step: Int, now: Timestamp, by random: inout SeededGenerator) -> Timestamp {
            switch self {
            case .busyMinutes: now - Int64.random(in: 0...3, using: &random)
            case .quietDay: now
            case .allAtOnce: now - now.milliseconds % 50_000
            case .backwards: noon - Int64(step) * 7
            case .mixed:
                Bool.random(using: &random) ? now : now - Int64.random(in: 0...(26 * 3_600_000), using: &random)
            }
        }

        func pause(by random: inout SeededGenerator) -> Int64 {
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
        var random = SeededGenerator.forTests("RollingWindowTests.\(shape)")
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
        window.forEachInstant(after: now - .hours(24)) { instant, calls in
            #expect(instant > last)
            last = instant
            encoded[Timestamp(milliseconds: instant)] = calls
        }
        let expected = plain.calls.filter { $0.at > now - .hours(24) }
        #expect(encoded == Dictionary(expected.map { ($0.at, $0.count) }, uniquingKeysWith: +))
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

    @Test("Instants of a busy minute take four bytes each")
    func packing() {
        #expect(PackedRun<UInt32>.callsMax == 65_535 && PackedRun<UInt32>.offsets == 0..<65_536)
        var chunk = WindowChunk(around: 65_536)
        for offset in 0..<Int64(WindowChunk.wideInstantsMax) { chunk.add(1, at: 65_536 + offset) }
        #expect(chunk.isFull && chunk.reaches(-1))
        let isPacked = chunk.pack()
        #expect(isPacked)
        #expect(!chunk.isFull && chunk.reaches(131_071) && !chunk.reaches(131_072) && !chunk.reaches(65_535))
        chunk.add(70_000, at: 65_540)
        #expect(chunk.total == 70_000 + 128)
        #expect(chunk.calls(4) == 70_001 && chunk.instant(4) == 65_540)
    }
}
