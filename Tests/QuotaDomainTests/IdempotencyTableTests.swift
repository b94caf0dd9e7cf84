import EventSourcing
import TestSupport
import Testing

@testable import QuotaDomain

@Suite("The table of idempotency keys against a dictionary")
struct IdempotencyTableTests {
    @Test("Finds what was inserted, forgets below the floor at most, and gives the keys in order")
    func againstDictionary() {
        var random = SeededRandom(test: "IdempotencyTableTests")
        var table = IdempotencyTable()
        var plain: [IdempotencyKey: LogPosition] = [:]
        var known: [IdempotencyKey] = []
        for ordinal in 1...20_000 as ClosedRange<Int64> {
            // Crowded first bits make long runs; few low bits make keys that differ in the last word only.
            let isCrowded = ordinal % 3 == 0
            let high = isCrowded ? UInt64.random(in: 0...2_000, using: &random) << 20 : random.next()
            var key = IdempotencyKey(
                scopeHigh: high,
                scopeLow: UInt32.random(in: 0...3, using: &random),
                fingerprint: 0
            )
            if ordinal % 10 == 0, let old = known.randomElement(using: &random) { key = old }
            known.append(key)
            table.insert(key, at: LogPosition(ordinal), floor: LogPosition(ordinal - 10_000))
            plain[key] = LogPosition(ordinal)
        }
        let floor = LogPosition(10_000)
        for (key, position) in plain where position >= floor { #expect(table.find(key)?.position == position) }
        for key in known.prefix(5_000) {
            if let found = table.find(key) { #expect(found.position == plain[key]) }
        }
        #expect(table.find(IdempotencyKey(scopeHigh: 1, scopeLow: 99, fingerprint: 0)) == nil)
        var entries: [IdempotencyTable.Entry] = []
        table.forEachSegment(from: floor) { entries += $0 }
        #expect(entries.count == plain.values.count { $0 >= floor })
        #expect(
            zip(entries, entries.dropFirst()).allSatisfy {
                ($0.high, $0.middle >> 32) < ($1.high, $1.middle >> 32)
            }
        )
    }

    @Test("Holds 48 bits of fingerprint and of position")
    func entryWords() {
        var table = IdempotencyTable()
        let used = IdempotencyKey(scopeHigh: .max, scopeLow: .max, fingerprint: 0xffff_1234_5678_9abc)
        table.insert(used, at: LogPosition(1 << 48 - 1), floor: .beforeFirst)
        #expect(table.find(used)?.fingerprint == used.keptFingerprint)
        #expect(table.find(used)?.position == LogPosition(1 << 48 - 1))
        #expect(table.count == 1)
    }

    @Test("Random keys take under 32 bytes each, and a copy shares what is not written to")
    func memory() {
        var table = IdempotencyTable()
        func crowded(_ id: UInt64) -> IdempotencyKey {
            IdempotencyKey(scopeHigh: key(id).scopeHigh >> 8, scopeLow: 0, fingerprint: 0)
        }
        for ordinal in 1...20_000 as ClosedRange<Int64> {
            table.insert(crowded(UInt64(ordinal)), at: LogPosition(ordinal), floor: .beforeFirst)
        }
        #expect(table.count == 20_000)
        #expect(table.bytes < 20_000 * 32)
        let copy = table
        table.insert(crowded(1 << 40), at: LogPosition(20_001), floor: .beforeFirst)
        #expect(copy.find(crowded(1 << 40)) == nil && copy.count == 20_000 && table.count == 20_001)
    }

    @Test("Segments that are out of order or doubled are refused")
    func filling() {
        var table = IdempotencyTable()
        let first = IdempotencyTable.Entry(high: 1, middle: 0, low: 1)
        let second = IdempotencyTable.Entry(high: 2, middle: 0, low: 1)
        let elsewhere = IdempotencyTable.Entry(high: .max, middle: 0, low: 1)
        let empty = IdempotencyTable.Entry(high: 1, middle: 0, low: 1 << 48)
        for refused in [[], [second, first], [first, first], [first, elsewhere], [empty]] {
            let isTaken = table.fill(with: refused)
            #expect(!isTaken)
        }
        let isTaken = table.fill(with: [first, second])
        let isTakenAgain = table.fill(with: [first, second])
        #expect(isTaken && !isTakenAgain)
        #expect(table.count == 2)
    }
}

@Suite("The calendar of positions")
struct PositionCalendarTests {
    @Test("Gives the first position of an hour, or of the next that has any")
    func firstPosition() {
        var calendar = PositionCalendar()
        #expect(calendar.firstPosition(since: noon) == nil)
        let isFirstOfHour = [
            calendar.note(LogPosition(5), at: noon + 1), calendar.note(LogPosition(6), at: noon + 2),
            calendar.note(LogPosition(9), at: noon + .hours(3)),
        ]
        #expect(isFirstOfHour == [true, false, true])
        #expect(calendar.firstPosition(since: noon - .hours(9)) == LogPosition(5))
        #expect(calendar.firstPosition(since: noon + .minutes(59)) == LogPosition(5))
        #expect(calendar.firstPosition(since: noon + .hours(1)) == LogPosition(9))
        #expect(calendar.firstPosition(since: noon + .hours(4)) == nil)
    }

    @Test("Keeps 90 days at most, twice over")
    func bound() {
        var calendar = PositionCalendar()
        for hour in 0..<10_000 as Range<Int64> { _ = calendar.note(LogPosition(hour + 1), at: noon + .hours(hour)) }
        #expect(calendar.marks.count <= 2 * (90 * 24 + 2))
        let last = noon + .hours(9_999)
        #expect(calendar.kept(at: last).count == 90 * 24 + 2)
        let earliest = last - .days(90) - Policy.clockSkewMax
        #expect(calendar.firstPosition(since: earliest) == calendar.kept(at: last).first?.first)
    }
}

@Suite("Deadlines")
struct DeadlineQueueTests {
    @Test("The first one is always the earliest of what was set")
    func againstDictionary() {
        var random = SeededRandom(test: "DeadlineQueueTests")
        var queue = DeadlineQueue<Int>()
        var plain: [Int: Timestamp] = [:]
        for _ in 0..<20_000 {
            let key = Int.random(in: 0..<200, using: &random)
            let deadline =
                Int.random(in: 0..<3, using: &random) == 0 ? nil : noon + Int64.random(in: 0..<500, using: &random)
            queue.set(key, to: deadline)
            plain[key] = deadline
            #expect(queue.first?.deadline == plain.values.min())
            if let first = queue.first { #expect(plain[first.key] == first.deadline) }
        }
        while let first = queue.first {
            #expect(first.deadline == plain.values.min())
            queue.set(first.key, to: nil)
            plain[first.key] = nil
        }
        #expect(plain.isEmpty)
    }
}
