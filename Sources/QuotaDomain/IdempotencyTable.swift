import EventSourcing

/// Where each idempotency key was first used, in about 28 bytes a key.
///
/// Open addressing in order: a key's home slot rises with the key and a run of neighbours is kept sorted, so that a search
/// ends early, and walking the slots gives the keys in order whatever led there. The keys are divided by their first bits
/// into segments, so that a copy of the table shares all segments that are not written to, and growth moves one at a time.
struct IdempotencyTable: Sendable {
    /// A key and what is known of it; 24 bytes, empty where the position is 0.
    struct Entry: Sendable {
        /// Scope and id, bits 95–32.
        private(set) var high: UInt64 = 0
        /// Scope and id, bits 31–0, then the fingerprint, bits 47–16.
        private(set) var middle: UInt64 = 0
        /// The fingerprint, bits 15–0, then the position, 48 bits.
        private(set) var low: UInt64 = 0
    }

    fileprivate struct Segment: Sendable {
        var slots: [Entry] = []
        /// Slots that are a home; those behind them take what the last homes cannot.
        var homes = 0
        var count = 0
    }

    private var segments = [Segment](repeating: Segment(), count: 1 << segmentBits)
    private(set) var count = 0

    fileprivate static let segmentBits = 12
    /// Homes of a segment's first allocation.
    fileprivate static let homesMin = 8
    /// A segment is rebuilt when more than this many of 20 homes are in use …
    fileprivate static let usedMaxOf20 = 19
    /// … and then has as many homes that this many of 20 are.
    fileprivate static let usedOf20 = 17
    /// Slots behind the homes of a large segment.
    fileprivate static let spillMax = 32
}

extension IdempotencyTable {
    /// Where the key was first used and with which fingerprint; nil when it is not held.
    func find(_ key: IdempotencyKey) -> (position: LogPosition, fingerprint: UInt64)? {
        let wanted = Entry(key, at: .beforeFirst)
        let index = Self.search(wanted, in: segments[wanted.segment])
        let slots = segments[wanted.segment].slots
        guard index < slots.count, slots[index].hasKey(of: wanted) else { return nil }
        return (slots[index].position, slots[index].fingerprint)
    }

    /// Holds the key from `position` (1 or more) on, in place of what was held for it. `floor`: keys first used before it
    /// may be forgotten.
    mutating func insert(_ key: IdempotencyKey, at position: LogPosition, floor: LogPosition) {
        let entry = Entry(key, at: position)
        guard !entry.isEmpty else { return }
        count -= segments[entry.segment].count
        segments[entry.segment].insert(entry, floor: floor)
        count += segments[entry.segment].count
    }

    /// Memory of the slots, in bytes.
    var bytes: Int { segments.reduce(0) { $0 + $1.slots.capacity } * MemoryLayout<Entry>.stride }

    /// The entries first used at `floor` or later, in order of their keys, a segment at a time; none is empty.
    func forEachSegment(from floor: LogPosition, _ body: ([Entry]) -> Void) {
        for segment in segments {
            let entries = segment.slots.filter { !$0.isEmpty && $0.position >= floor }
            if !entries.isEmpty { body(entries) }
        }
    }

    /// Takes the entries of one segment as `forEachSegment` gives them. False, and nothing changed, when they are not
    /// that, or when the segment holds something already.
    mutating func fill(with entries: [Entry]) -> Bool {
        guard let segment = entries.first?.segment, segments[segment].count == 0 else { return false }
        for (index, entry) in entries.enumerated() {
            let isInOrder = index == 0 || entries[index - 1].precedes(entry)
            guard isInOrder, !entry.isEmpty, entry.segment == segment else { return false }
        }
        segments[segment].fill(with: entries[...])
        count += entries.count
        return true
    }

    /// The slot that holds the key, or else the one it belongs into; the end when there is none.
    fileprivate static func search(_ wanted: Entry, in segment: Segment) -> Int {
        var index = wanted.home(of: segment.homes)
        let slots = segment.slots
        while index < slots.count, !slots[index].isEmpty, slots[index].precedes(wanted) { index += 1 }
        return index
    }
}

extension IdempotencyTable.Segment {
    fileprivate typealias Entry = IdempotencyTable.Entry

    fileprivate mutating func insert(_ entry: Entry, floor: LogPosition) {
        let index = IdempotencyTable.search(entry, in: self)
        if index < slots.count, slots[index].hasKey(of: entry) {
            slots[index] = entry
            return
        }
        let isRoomy = (count + 1) * 20 <= homes * IdempotencyTable.usedMaxOf20
        if isRoomy, let free = slots[index...].firstIndex(where: \.isEmpty) {
            for moved in stride(from: free, to: index, by: -1) { slots[moved] = slots[moved - 1] }
            slots[index] = entry
            count += 1
            return
        }
        rebuild(with: entry, floor: floor)
    }

    /// Drops what may be forgotten, takes in a new entry and takes as much room as that needs.
    private mutating func rebuild(with entry: Entry, floor: LogPosition) {
        var kept = slots.filter { !$0.isEmpty && $0.position >= floor }
        kept.insert(entry, at: kept.firstIndex { entry.precedes($0) } ?? kept.count)
        fill(with: kept[...])
    }

    /// Spreads sorted entries over new slots, each at its home or as little behind it as the others let it.
    fileprivate mutating func fill(with entries: ArraySlice<Entry>) {
        homes = max(entries.count * 20 / IdempotencyTable.usedOf20, IdempotencyTable.homesMin)
        count = entries.count
        while true {
            slots = [Entry](repeating: Entry(), count: homes + min(homes / 8, IdempotencyTable.spillMax))
            if place(entries) { return }
            homes += homes / 8 + 1
        }
    }

    /// False when the last ones run over the end.
    private mutating func place(_ entries: ArraySlice<Entry>) -> Bool {
        var next = 0
        for entry in entries {
            let index = max(next, entry.home(of: homes))
            guard index < slots.count else { return false }
            slots[index] = entry
            next = index + 1
        }
        return true
    }
}

extension IdempotencyTable.Entry {
    private static let positionMask: UInt64 = 0xffff_ffff_ffff

    fileprivate init(_ key: IdempotencyKey, at position: LogPosition) {
        high = key.scopeHigh
        middle = UInt64(key.scopeLow) << 32 | key.fingerprint >> 16 & 0xffff_ffff
        low = key.fingerprint << 48 | UInt64(bitPattern: position.ordinal) & Self.positionMask
    }

    var position: LogPosition { LogPosition(Int64(low & Self.positionMask)) }

    fileprivate var fingerprint: UInt64 { (middle & 0xffff_ffff) << 16 | low >> 48 }
    fileprivate var isEmpty: Bool { low & Self.positionMask == 0 }
    fileprivate var segment: Int { Int(spread >> (64 - UInt64(IdempotencyTable.segmentBits))) }

    /// Rises with the key, twice as fast for the last keys as for the first: (2x + x²) / 3 of the key as a fraction. Of
    /// segments cut from it the first hold twice as many keys as the last. So they do not all grow at once, and what one
    /// outgrows is just what a smaller one needs next; equal segments would leave a quarter of the memory in pieces.
    private var spread: UInt64 { high / 3 * 2 + high.multipliedFullWidth(by: high).high / 3 }

    /// Rises with the key, from 0 to below `homes`.
    fileprivate func home(of homes: Int) -> Int {
        let fraction = (spread << UInt64(IdempotencyTable.segmentBits)) >> 32
        return Int(truncatingIfNeeded: (fraction * UInt64(homes)) >> 32)
    }

    fileprivate func hasKey(of other: Self) -> Bool { high == other.high && middle >> 32 == other.middle >> 32 }

    fileprivate func precedes(_ other: Self) -> Bool {
        high == other.high ? middle >> 32 < other.middle >> 32 : high < other.high
    }
}

extension IdempotencyKey {
    /// The bits of the fingerprint that are kept.
    var keptFingerprint: UInt64 { fingerprint & 0xffff_ffff_ffff }
}
