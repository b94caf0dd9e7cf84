import EventSourcing
import TestSupport
import Testing

@testable import QuotaDomain

@Suite("The table of idempotency keys against a dictionary")
struct IdempotencyTableTests {
    @Test("Finds what it holds, forgets below the floor at most, and gives the keys in the order of their positions")
    func againstDictionary() {
        var random = SeededRandom(test: "IdempotencyTableTests")
        var table = IdempotencyTable()
        var plain: [IdempotencyKey: LogPosition] = [:]
        var known: [IdempotencyKey] = []
        for ordinal in 1...20_000 as ClosedRange<Int64> {
            // Many share a segment or even a tag; few low bits make keys that differ in the last word only.
            let isCrowded = ordinal % 3 == 0
            let high = isCrowded ? UInt64.random(in: 0...2_000, using: &random) << 28 : random.next()
            var key = IdempotencyKey(
                scopeHigh: high,
                scopeLow: UInt32.random(in: 0...3, using: &random),
                fingerprint: 0
            )
            if ordinal % 10 == 0, let old = known.randomElement(using: &random) { key = old }
            known.append(key)
            let floor = LogPosition(ordinal - 10_000)
            table.hold(key, at: LogPosition(ordinal), unlessSince: floor, floor: floor)
            if plain[key] ?? .beforeFirst < floor || plain[key] == nil { plain[key] = LogPosition(ordinal) }
        }
        let floor = LogPosition(10_000)
        for (key, position) in plain where position >= floor { #expect(table.find(key)?.position == position) }
        for key in known.prefix(5_000) {
            if let found = table.find(key) { #expect(found.position == plain[key]) }
        }
        #expect(table.find(IdempotencyKey(scopeHigh: 1, scopeLow: 99, fingerprint: 0)) == nil)
        var kept = 0
        var numbers: [Int] = []
        table.forEachSegment(from: floor) { number, segment in
            kept += segment.count
            numbers.append(number)
            #expect(Self.decoded(Self.encoded(segment)) != nil)
        }
        #expect(kept == plain.values.count { $0 >= floor })
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("A key that is held stays where it was first used, and one let go is held anew, behind the others")
    func holdingAnew() {
        var table = IdempotencyTable()
        func hold(_ id: UInt64, at position: Int64, unlessSince since: Int64) {
            table.hold(
                key(inSegment: 7, id),
                at: LogPosition(position),
                unlessSince: LogPosition(since),
                floor: .beforeFirst
            )
        }
        for id in 1...9 as ClosedRange<UInt64> { hold(id, at: Int64(id), unlessSince: 0) }
        hold(3, at: 10, unlessSince: 3)
        #expect(table.find(key(inSegment: 7, 3))?.position == LogPosition(3))
        hold(3, at: 11, unlessSince: 4)
        #expect(table.find(key(inSegment: 7, 3))?.position == LogPosition(11))
        #expect(table.count == 9)
        for id in 1...9 as ClosedRange<UInt64> where id != 3 {
            #expect(table.find(key(inSegment: 7, id))?.position == LogPosition(Int64(id)))
        }
        var kept: [Int] = []
        table.forEachSegment(from: LogPosition(9)) { number, segment in kept += [number, segment.count] }
        #expect(kept == [7, 2])
    }

    @Test("Holds 48 bits of fingerprint and of position")
    func widths() {
        var table = IdempotencyTable()
        let used = IdempotencyKey(scopeHigh: .max, scopeLow: .max, fingerprint: 0xffff_1234_5678_9abc)
        table.hold(used, at: LogPosition(1 << 48 - 1), unlessSince: .beforeFirst, floor: .beforeFirst)
        #expect(table.find(used)?.fingerprint == used.keptFingerprint)
        #expect(table.find(used)?.position == LogPosition(1 << 48 - 1))
        #expect(table.count == 1)
    }

    @Test("Keys of full segments take under 24 bytes each, and what is forgotten makes room for what is new")
    func memory() {
        var table = IdempotencyTable()
        for ordinal in 1...3_000 as ClosedRange<Int64> {
            table.hold(
                key(inSegment: Int(ordinal % 20), UInt64(ordinal)),
                at: LogPosition(ordinal),
                unlessSince: .beforeFirst,
                floor: .beforeFirst
            )
        }
        #expect(table.count == 3_000)
        #expect(table.bytes < 3_000 * 24)
        for ordinal in 3_001...30_000 as ClosedRange<Int64> {
            table.hold(
                key(inSegment: Int(ordinal % 20), UInt64(ordinal)),
                at: LogPosition(ordinal),
                unlessSince: .beforeFirst,
                floor: LogPosition(ordinal - 3_000)
            )
        }
        #expect(table.count < 3_400)
        #expect(table.bytes < 3_400 * 24)
    }

    @Test("The first write after a copy copies one segment and shares the others")
    func copies() {
        var random = SeededRandom(test: "IdempotencyTableTests.copies")
        var table = IdempotencyTable()
        func holdNext(_ ordinal: Int64) {
            let key = IdempotencyKey(scopeHigh: random.next(), scopeLow: 0, fingerprint: 0)
            table.hold(key, at: LogPosition(ordinal), unlessSince: .beforeFirst, floor: .beforeFirst)
        }
        for ordinal in 1...100_000 as ClosedRange<Int64> { holdNext(ordinal) }
        let copy = table
        let before = Self.memory(of: copy)
        for written in 1...20 as ClosedRange<Int64> {
            holdNext(100_000 + written)
            let after = Self.memory(of: table)
            let copied = after.filter { before[$0.key] != $0.value }
            #expect(copied.count <= written)
        }
        #expect(copy.count == 100_000 && table.count == 100_020)
        #expect(Self.memory(of: copy) == before)
    }

    @Test("Encoded segments that go back or have no position are refused")
    func decoding() throws {
        var table = IdempotencyTable()
        for ordinal in [5, 7] as [Int64] {
            table.hold(
                key(inSegment: 1, UInt64(ordinal)),
                at: LogPosition(ordinal),
                unlessSince: .beforeFirst,
                floor: .beforeFirst
            )
        }
        var encoded: [UInt8] = []
        table.forEachSegment(from: .beforeFirst) { _, segment in encoded = Self.encoded(segment) }
        #expect(encoded.count == 2 * IdempotencySegment.bytesPerKey)
        let decoded = try #require(Self.decoded(encoded))
        #expect(Self.encoded(decoded) == encoded)
        #expect(decoded.find(key(inSegment: 1, 7))?.position == LogPosition(7))
        // The last byte of the first position, behind both tags and the first record.
        let lowest = 2 * 2 + IdempotencySegment.bytesPerKey - 2 - 4
        #expect(encoded[lowest] == 5)
        for refused in [0, 8] as [UInt8] {
            var changed = encoded
            changed[lowest] = refused
            #expect(Self.decoded(changed) == nil)
        }
    }

    /// A key of a segment. Keys of one segment have few tags between them.
    private func key(inSegment number: Int, _ id: UInt64) -> IdempotencyKey {
        IdempotencyKey(
            scopeHigh: UInt64(number) << 48 | (id % 3) << 32,
            scopeLow: UInt32(truncatingIfNeeded: id),
            fingerprint: 0
        )
    }

    private static func encoded(_ segment: IdempotencySegment) -> [UInt8] {
        var bytes: [UInt8] = []
        segment.withEncoded { tags, records in bytes = Array(tags) + Array(records) }
        return bytes
    }

    private static func decoded(_ bytes: [UInt8]) -> IdempotencySegment? {
        bytes.withUnsafeBytes { IdempotencySegment(decoding: $0) }
    }

    /// Where each segment lies in memory.
    private static func memory(of table: IdempotencyTable) -> [Int: UnsafeRawPointer] {
        var addresses: [Int: UnsafeRawPointer] = [:]
        table.forEachSegment(from: .beforeFirst) { number, segment in
            segment.withEncoded { tags, _ in addresses[number] = tags.baseAddress }
        }
        return addresses
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
