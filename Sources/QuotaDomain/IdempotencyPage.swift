import EventSourcing

/// What the index knows of a key: its tag, which is its 24 bits behind those of the section, and a position. In 64 bits, which
/// rise with both; no key has none of them set.
struct IdempotencyEntry: Sendable {
    let bits: UInt64

    static let tagBits: UInt64 = 24
    /// A log of so many events would take 240 TB.
    private static let positionBits: UInt64 = 40
    private static let positionMask: UInt64 = 1 << positionBits - 1

    init(bits: UInt64) {
        self.bits = bits
    }

    init(tag: UInt64, position: LogPosition) {
        bits = tag << Self.positionBits | UInt64(bitPattern: position.ordinal) & Self.positionMask
    }

    var isNone: Bool { bits == 0 }
    var tag: UInt64 { bits >> Self.positionBits }
    var position: LogPosition { LogPosition(Int64(bits & Self.positionMask)) }
}

/// One of the open tables that the index of idempotency keys is made of.
///
/// Entries stand in rising order, none before its home, which is the slot that its tag says, and none behind a free slot
/// that is not before its home. A search ends within a cache line or two of its begin.
struct IdempotencyPage: Sendable {
    /// Entries as bits; 0 is a free slot.
    private var slots: [UInt64] = []
    /// How many of the slots are homes. Behind them stand entries that those before them pushed back.
    private var homes = 0
    private(set) var count = 0
    /// The first bits of the tag, which all entries have in common.
    private var pageBits: UInt64 = 0

    /// A page is made with so many homes for so many entries …
    private static let homesWhenLarge = (homes: 6, entries: 5)
    /// … or, while memory matters less than how often it is made anew, with so many, …
    private static let homesWhenSmall = (homes: 3, entries: 2)
    /// … and is made anew at this. With fewer a search is longer, and more has to be pushed back for a new entry.
    private static let homesMin = (homes: 9, entries: 8)
    /// Entries of a large page.
    private static let entriesOfLarge = 256
    /// Slots that are added at a time when entries are pushed back behind all others.
    private static let slotsBehind = 16

    var bytes: Int { slots.capacity * MemoryLayout<UInt64>.size }

    init() {}

    /// Entries in rising order, whose tags have the first `pageBits` bits in common.
    init(_ entries: ArraySlice<UInt64>, pageBits: UInt64) {
        self.pageBits = pageBits
        count = entries.count
        let isSmall = pageBits == 0 && count < Self.entriesOfLarge
        let ratio = isSmall ? Self.homesWhenSmall : Self.homesWhenLarge
        homes = (count + 1) * ratio.homes / ratio.entries
        slots = Array(repeating: 0, count: homes + Self.slotsBehind)
        let placed = place(entries)
        // Those that have been pushed back behind all others: next to none, unless keys are anything but spread evenly.
        append(entries[placed...])
    }

    /// Puts entries into a page without any, and returns how many there was room for.
    private mutating func place(_ entries: ArraySlice<UInt64>) -> Int {
        let (homes, pageBits) = (homes, pageBits)
        return slots.withUnsafeMutableBufferPointer { slots in
            var next = 0
            for index in entries.indices {
                let tag = IdempotencyEntry(bits: entries[index]).tag
                next = max(next, Self.home(of: tag, behind: pageBits, among: homes))
                guard next < slots.count else { return index }
                slots[next] = entries[index]
                next &+= 1
            }
            return entries.endIndex
        }
    }

    /// Puts slots behind the others, without the room for as many again that an array would make.
    private mutating func append(_ added: some Collection<UInt64>) {
        slots.reserveCapacity(slots.count + added.count)
        slots.append(contentsOf: added)
    }

    @inline(__always)
    private static func home(of tag: UInt64, behind pageBits: UInt64, among homes: Int) -> Int {
        let rest = tag << pageBits & (1 << IdempotencyEntry.tagBits - 1)
        return Int(truncatingIfNeeded: (rest &* UInt64(truncatingIfNeeded: homes)) >> IdempotencyEntry.tagBits)
    }

    @inline(__always)
    private func home(of tag: UInt64) -> Int { Self.home(of: tag, behind: pageBits, among: homes) }
}

// MARK: - Finding and changing

extension IdempotencyPage {
    /// The slot of the first entry of that tag whose position is right, and the position.
    @inline(__always)
    func find(_ tag: UInt64, _ isRight: (LogPosition) -> Bool) -> (slot: Int, position: LogPosition)? {
        let home = home(of: tag)
        return slots.withUnsafeBufferPointer { slots in
            var slot = home
            while slot < slots.count {
                let entry = IdempotencyEntry(bits: slots[slot])
                if entry.isNone || entry.tag > tag { return nil }
                if entry.tag == tag, isRight(entry.position) { return (slot, entry.position) }
                slot &+= 1
            }
            return nil
        }
    }

    /// Adds an entry. `floor`: entries for positions before it may go.
    mutating func insert(_ entry: IdempotencyEntry, floor: LogPosition) {
        if count * Self.homesMin.homes >= homes * Self.homesMin.entries {
            var entries: [UInt64] = []
            entries.reserveCapacity(count)
            appendEntries(from: floor, to: &entries)
            self = IdempotencyPage(entries[...], pageBits: pageBits)
        }
        let home = home(of: entry.tag)
        while !put(entry.bits, from: home) { append(repeatElement(0, count: Self.slotsBehind)) }
        count += 1
    }

    /// Puts an entry where it belongs and pushes those behind it back. False where there is no free slot for the last.
    private mutating func put(_ entry: UInt64, from home: Int) -> Bool {
        slots.withUnsafeMutableBufferPointer { slots in
            var slot = home
            while slot < slots.count, slots[slot] != 0, slots[slot] < entry { slot &+= 1 }
            var free = slot
            while free < slots.count, slots[free] != 0 { free &+= 1 }
            guard free < slots.count else { return false }
            while free > slot {
                slots[free] = slots[free &- 1]
                free &-= 1
            }
            slots[slot] = entry
            return true
        }
    }

    /// Takes an entry out; those that it pushed back move up.
    mutating func remove(_ slot: Int) {
        var gap = slot
        while gap + 1 < slots.count, slots[gap + 1] != 0, home(of: IdempotencyEntry(bits: slots[gap + 1]).tag) <= gap {
            slots[gap] = slots[gap + 1]
            gap += 1
        }
        slots[gap] = 0
        count -= 1
    }
}

// MARK: - Encoding

extension IdempotencyPage {
    /// Puts the entries for positions at or after `floor` behind others, in rising order.
    func appendEntries(from floor: LogPosition, to entries: inout [UInt64]) {
        for slot in slots where slot != 0 && IdempotencyEntry(bits: slot).position >= floor { entries.append(slot) }
    }
}
