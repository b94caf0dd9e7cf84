import EventSourcing

/// A part of the index of idempotency keys: pages by the first bits of the tag, in rising order of their entries.
///
/// Pages stay small however many keys there are: once they hold too many on average, the section is divided into twice as
/// many. The first write to a page after a copy of the state copies that page, and a burst writes to as many pages as it has
/// calls: with ten million keys in 256 pages of 400 KB, that was all 95 MB of them.
struct IdempotencySection: Sendable {
    private var pages = [IdempotencyPage()]
    /// Bits of the tag that say the page.
    private var pageBits: UInt64 = 0
    private(set) var count = 0
    /// Memory of the entries and of the room ready for more, in bytes.
    private(set) var bytes = 0

    /// Entries of a page on average: 8 to 16 KB of them. Of pages of 4 KB next to none could be given back to the system
    /// once they were freed, as others lay on either side.
    private static let entriesPerPageMax = 2_048

    init() {}

    /// Entries in rising order.
    private init(_ entries: [UInt64]) {
        // Filled to half or more, so that it is not divided again soon.
        while entries.count >= Self.entriesPerPageMax << Int(pageBits), pageBits < IdempotencyEntry.tagBits {
            pageBits += 1
        }
        pages.removeAll()
        pages.reserveCapacity(1 << Int(pageBits))
        var start = 0
        for page in 0..<(1 << Int(pageBits)) {
            var end = start
            while end < entries.count, self.page(of: IdempotencyEntry(bits: entries[end]).tag) == page { end += 1 }
            pages.append(IdempotencyPage(entries[start..<end], pageBits: pageBits))
            start = end
        }
        count = entries.count
        bytes = pages.reduce(0) { $0 + $1.bytes }
    }

    @inline(__always)
    private func page(of tag: UInt64) -> Int { Int(truncatingIfNeeded: tag >> (IdempotencyEntry.tagBits - pageBits)) }
}

// MARK: - Finding and changing

extension IdempotencySection {
    /// The slot of the first entry of that tag whose position is right, in the tag's page, and the position.
    @inline(__always)
    func find(_ tag: UInt64, _ isRight: (LogPosition) -> Bool) -> (slot: Int, position: LogPosition)? {
        pages[page(of: tag)].find(tag, isRight)
    }

    /// Adds an entry. `floor`: entries for positions before it may go.
    mutating func insert(_ entry: IdempotencyEntry, floor: LogPosition) {
        if count >= Self.entriesPerPageMax << Int(pageBits), pageBits < IdempotencyEntry.tagBits {
            self = IdempotencySection(entries(from: floor))
        }
        change(page(of: entry.tag)) { $0.insert(entry, floor: floor) }
    }

    mutating func remove(_ slot: Int, of tag: UInt64) {
        change(page(of: tag)) { $0.remove(slot) }
    }

    @inline(__always)
    private mutating func change(_ page: Int, _ body: (inout IdempotencyPage) -> Void) {
        count -= pages[page].count
        bytes -= pages[page].bytes
        body(&pages[page])
        count += pages[page].count
        bytes += pages[page].bytes
    }
}

// MARK: - Encoding

extension IdempotencySection {
    /// The entries for positions at or after `floor`, in rising order.
    func entries(from floor: LogPosition) -> [UInt64] {
        var entries: [UInt64] = []
        entries.reserveCapacity(count)
        for page in pages { page.appendEntries(from: floor, to: &entries) }
        return entries
    }

    /// Entries as `entries` gives them; nil when they are out of order.
    init?(decoding entries: [UInt64]) {
        var last: UInt64 = 0
        for entry in entries {
            guard entry > last else { return nil }
            last = entry
        }
        self.init(entries)
    }
}
