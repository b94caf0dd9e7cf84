import EventSourcing
import TestSupport
import Testing

@testable import QuotaDomain

@Suite("The table of idempotency keys")
struct IdempotencyTableTests {
    @Test("Finds what a dictionary would, forgets below the floor at most, and comes back from its encoded parts")
    func againstDictionary() throws {
        var random = SeededRandom(test: "IdempotencyTableTests")
        var table = IdempotencyTable()
        var plain: [IdempotencyKey: LogPosition] = [:]
        var known: [IdempotencyKey] = []
        var ordinal: Int64 = 0
        for _ in 1...20_000 {
            // Positions of other events lie between, now and then a chunk's worth of them.
            ordinal += Int64.random(in: 0...200, using: &random) == 0 ? 10_000 : Int64.random(in: 1...3, using: &random)
            var key = Self.crowded(&random)
            if Int.random(in: 0..<10, using: &random) == 0, let old = known.randomElement(using: &random) { key = old }
            known.append(key)
            let floor = LogPosition(ordinal - 100_000)
            table.hold(key, at: LogPosition(ordinal), unlessSince: floor, floor: floor)
            if plain[key] ?? .beforeFirst < floor || plain[key] == nil { plain[key] = LogPosition(ordinal) }
        }
        let floor = LogPosition(ordinal - 100_000)
        func check(_ table: IdempotencyTable) {
            for (key, position) in plain where position >= floor { #expect(table.find(key)?.position == position) }
            for key in known.prefix(5_000) {
                if let found = table.find(key) { #expect(found.position == plain[key]) }
            }
            for _ in 0..<1_000 {
                let key = Self.crowded(&random)
                if plain[key] == nil { #expect(table.find(key) == nil) }
            }
        }
        check(table)
        let decoded = try #require(Self.decoded(table, from: floor))
        check(decoded)
        #expect(decoded.count == plain.values.count { $0 >= floor })
    }

    @Test("A key that is held stays where it was first used, and one let go is held anew")
    func holdingAnew() {
        var table = IdempotencyTable()
        func hold(_ id: UInt64, at position: Int64, unlessSince since: Int64) {
            table.hold(key(id), at: LogPosition(position), unlessSince: LogPosition(since), floor: .beforeFirst)
        }
        for id in 1...9 as ClosedRange<UInt64> { hold(id, at: Int64(id), unlessSince: 0) }
        hold(3, at: 10, unlessSince: 3)
        #expect(table.find(key(3))?.position == LogPosition(3))
        hold(3, at: 11, unlessSince: 4)
        #expect(table.find(key(3))?.position == LogPosition(11))
        #expect(table.count == 9)
        for id in 1...9 as ClosedRange<UInt64> where id != 3 {
            #expect(table.find(key(id))?.position == LogPosition(Int64(id)))
        }
    }

    @Test("Holds 96 bits of key, 48 of fingerprint and 40 of position")
    func widths() {
        let used = IdempotencyKey(scopeHigh: .max, scopeLow: .max, fingerprint: 0xffff_1234_5678_9abc)
        var table = IdempotencyTable()
        table.hold(used, at: LogPosition(1 << 40 - 1), unlessSince: .beforeFirst, floor: .beforeFirst)
        #expect(table.find(used)?.fingerprint == used.keptFingerprint)
        #expect(table.find(used)?.position == LogPosition(1 << 40 - 1))
        for bit in 0..<96 {
            var other = used
            if bit < 64 { other.scopeHigh ^= 1 << UInt64(bit) } else { other.scopeLow ^= 1 << UInt32(bit - 64) }
            #expect(table.find(other) == nil)
        }
    }

    @Test("Many keys take under 25 bytes each, and what is forgotten makes room for what is new")
    func memory() {
        var random = SeededRandom(test: "IdempotencyTableTests.memory")
        var table = IdempotencyTable()
        for ordinal in 1...300_000 as ClosedRange<Int64> {
            table.hold(
                Self.spread(&random),
                at: LogPosition(ordinal),
                unlessSince: .beforeFirst,
                floor: LogPosition(ordinal - 100_000)
            )
            if ordinal == 100_000 {
                #expect(table.count == 100_000)
                #expect(table.bytes < 100_000 * 25)
            }
        }
        #expect(table.count < 140_000)
        #expect(table.bytes < 140_000 * 25)
    }

    @Test("Records are as they were, side by side or with gaps, in 14 or 16 bytes each", arguments: [1, 3] as [Int64])
    func chunks(_ step: Int64) throws {
        var random = SeededRandom(test: "IdempotencyTableTests.chunks")
        let positions = (0..<1_000 as Range<Int64>).map { LogPosition(5 << 12 + 7 + $0 * step) }
        let records = positions.map { _ in (rest: random.next(), fingerprint: random.next() >> 16) }
        var chunk = IdempotencyChunk(number: 5)
        for (position, record) in zip(positions, records) {
            chunk.append(IdempotencyRecords.Record(rest: record.rest, fingerprint: record.fingerprint), at: position)
        }
        chunk.trim()
        #expect(chunk.bytes < (step == 1 ? 14 : 16) * 1_000 + 100)
        let decoded = try #require(IdempotencyChunk(number: 5, decoding: chunk.words))
        #expect(decoded.words == chunk.words && decoded.bytes < chunk.bytes + 100)
        for chunk in [chunk, decoded] {
            for (position, record) in zip(positions, records) {
                let found = chunk.record(at: position)
                #expect(found?.rest == record.rest && found?.fingerprint == record.fingerprint)
                if step > 1 { #expect(chunk.record(at: position.next) == nil) }
            }
            for outside in [positions[0].advanced(by: -1), positions[999].next] {
                #expect(chunk.record(at: outside) == nil)
            }
            #expect(chunk.keeping(from: positions[400]).words == Array(chunk.words[800...]))
        }
    }

    @Test("Records are encoded in two words each, as snapshots of this version hold them")
    func words() {
        var chunk = IdempotencyChunk(number: 1)
        for (offset, rest) in [(4_097, 0x0123_4567_89ab_cdef), (4_098, 7), (4_100, 8)] as [(Int64, UInt64)] {
            let record = IdempotencyRecords.Record(rest: rest, fingerprint: 0xfedc_ba98_7654)
            chunk.append(record, at: LogPosition(offset))
        }
        let fingerprint: UInt64 = 0xfedc_ba98_7654_0000
        #expect(chunk.words == [0x0123_4567_89ab_cdef, fingerprint | 1, 7, fingerprint | 2, 8, fingerprint | 4])
    }

    @Test("A copy stays as it is, and shares all records but the last ones")
    func copies() {
        var random = SeededRandom(test: "IdempotencyTableTests.copies")
        var table = IdempotencyTable()
        func hold(_ ordinals: ClosedRange<Int64>) {
            for ordinal in ordinals {
                let (key, position) = (Self.spread(&random), LogPosition(ordinal))
                table.hold(key, at: position, unlessSince: .beforeFirst, floor: .beforeFirst)
            }
        }
        hold(1...50_000)
        let copy = table
        let (records, entries) = (Self.records(copy, from: .beforeFirst), Self.entries(copy, from: .beforeFirst))
        hold(50_001...600_000)
        #expect(copy.count == 50_000 && table.count == 600_000)
        #expect(Self.records(copy, from: .beforeFirst).map(\.words) == records.map(\.words))
        #expect(Self.entries(copy, from: .beforeFirst) == entries)
        let after = Self.records(table, from: .beforeFirst)
        let shared = zip(records, after).count { Self.address($0) == Self.address($1) }
        #expect(shared == records.count - 1)
    }

    @Test("Encoded parts that are out of order are refused")
    func decoding() throws {
        let fingerprint: UInt64 = 9 << 16
        func chunk(_ number: Int64, _ offsets: [UInt64]) -> IdempotencyChunk? {
            IdempotencyChunk(number: number, decoding: offsets.flatMap { [7, fingerprint | $0] })
        }
        #expect(chunk(0, [1, 2, 4_095])?.last == LogPosition(4_095))
        #expect(chunk(2, [0])?.last == LogPosition(8_192))
        for (number, offsets) in [(0, [0]), (1, [4_096]), (1, [3, 3]), (1, [3, 2])] as [(Int64, [UInt64])] {
            #expect(chunk(number, offsets) == nil)
        }
        var index = IdempotencyIndex()
        let isInOrder = index.fill(3, with: [1, 2, .max])
        #expect(isInOrder && index.count == 3)
        for entries in [[0], [1, 1], [2, 1]] as [[UInt64]] {
            let isFilled = index.fill(4, with: entries)
            #expect(!isFilled)
        }
    }

    /// Few bits at either end: keys that share a section, a tag, and all but the last word.
    private static func crowded(_ random: inout SeededRandom) -> IdempotencyKey {
        let high: UInt64 =
            switch Int.random(in: 0..<3, using: &random) {
            case 0: UInt64.random(in: 0...2_000, using: &random) << 28
            case 1: .max - UInt64.random(in: 0...2_000, using: &random) << 28
            default: random.next()
            }
        return IdempotencyKey(
            scopeHigh: high,
            scopeLow: UInt32.random(in: 0...3, using: &random),
            fingerprint: 0
        )
    }

    private static func spread(_ random: inout SeededRandom) -> IdempotencyKey {
        IdempotencyKey(scopeHigh: random.next(), scopeLow: 0, fingerprint: 0)
    }

    /// Keys of one section, with few tags between them.
    private func key(_ id: UInt64) -> IdempotencyKey {
        IdempotencyKey(scopeHigh: 7 << 56 | (id % 3) << 32, scopeLow: UInt32(truncatingIfNeeded: id), fingerprint: 0)
    }

    private static func records(_ table: IdempotencyTable, from floor: LogPosition) -> [IdempotencyChunk] {
        var chunks: [IdempotencyChunk] = []
        table.records.forEachChunk(from: floor) { chunks.append($0) }
        return chunks
    }

    private static func entries(_ table: IdempotencyTable, from floor: LogPosition) -> [Int: [UInt64]] {
        var (index, sections) = (table.index, [Int: [UInt64]]())
        index.takeSections(from: floor) { sections[$0] = $1 }
        #expect(index.count == 0)
        return sections
    }

    private static func decoded(_ table: IdempotencyTable, from floor: LogPosition) -> IdempotencyTable? {
        var (records, index) = (IdempotencyRecords(), IdempotencyIndex())
        for chunk in Self.records(table, from: floor) {
            guard let read = IdempotencyChunk(number: chunk.number, decoding: chunk.words) else { return nil }
            records.append(read)
        }
        for (section, entries) in entries(table, from: floor) {
            guard index.fill(section, with: entries) else { return nil }
        }
        return IdempotencyTable(records: records, index: index)
    }

    /// Where the records lie in memory.
    private static func address(_ chunk: IdempotencyChunk) -> UnsafePointer<UInt16>? {
        chunk.units.withUnsafeBufferPointer(\.baseAddress)
    }
}

extension IdempotencyTable {
    /// Holds the key from `position` on, unless it is held and was first used at `since` or later.
    fileprivate mutating func hold(
        _ key: IdempotencyKey,
        at position: LogPosition,
        unlessSince since: LogPosition,
        floor: LogPosition
    ) {
        let old = place(of: key)
        if let old, old.position >= since { return }
        hold(key, at: position, insteadOf: old, floor: floor)
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
