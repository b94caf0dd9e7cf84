import EventSourcing

/// Says at which position to look for an idempotency key of which it knows the first 32 bits, in about 9 bytes a key.
///
/// A key's first 8 bits say in which of 256 pages it lies. A page grows and is copied on its own, so neither takes long.
/// Digests are spread evenly, and so are the entries of a page: a search ends within a cache line or two of its begin.
struct IdempotencyIndex: Sendable {
    private var pages = [IdempotencyPage](repeating: IdempotencyPage(), count: pagesMax)
    /// Keys held, those among them that may be forgotten included.
    private(set) var count = 0
    /// Memory of the entries and of the room ready for more, in bytes.
    private(set) var bytes = 0

    static let pagesMax = 256

    /// Where an entry stands, and the position that it says.
    struct Place {
        fileprivate var slot: Int
        var position: LogPosition
    }

    /// The entry of a key: `isRight` says of a position whether the key there is the one looked for.
    @inline(__always)
    func place(of key: IdempotencyKey, _ isRight: (LogPosition) -> Bool) -> Place? {
        guard let found = pages[key.page].find(key.tag, isRight) else { return nil }
        return Place(slot: found.slot, position: found.position)
    }

    /// Adds an entry for a key that has none. `floor`: entries for positions before it may go.
    mutating func insert(_ key: IdempotencyKey, at position: LogPosition, floor: LogPosition) {
        change(key.page) { $0.insert(IdempotencyEntry(tag: key.tag, position: position), floor: floor) }
    }

    mutating func remove(_ place: Place, of key: IdempotencyKey) {
        change(key.page) { $0.remove(place.slot) }
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

extension IdempotencyKey {
    fileprivate var page: Int { Int(truncatingIfNeeded: scopeHigh >> 56) }
    fileprivate var tag: UInt64 { scopeHigh >> 32 & (1 << IdempotencyEntry.tagBits - 1) }
}

// MARK: - Encoding

extension IdempotencyIndex {
    /// The entries for positions at or after `floor`, page by page, those of a page in rising order; no page without any.
    func forEachPage(from floor: LogPosition, _ body: (_ number: Int, _ entries: [UInt64]) -> Void) {
        for (number, page) in pages.enumerated() {
            let entries = page.entries(from: floor)
            if !entries.isEmpty { body(number, entries) }
        }
    }

    /// Fills a page with what `forEachPage` gave for it. False when that is out of order.
    mutating func fill(_ page: Int, with entries: [UInt64]) -> Bool {
        guard let filled = IdempotencyPage(decoding: entries) else { return false }
        change(page) { $0 = filled }
        return true
    }
}
