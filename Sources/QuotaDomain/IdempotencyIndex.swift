import EventSourcing

/// Says at which position to look for an idempotency key of which it knows the first 32 bits, in about 10 bytes a key.
///
/// A key's first 8 bits say in which of 256 sections it lies. Digests are spread evenly, and so are the sections.
struct IdempotencyIndex: Sendable {
    private var sections = [IdempotencySection](repeating: IdempotencySection(), count: sectionsMax)
    /// Keys held, those among them that may be forgotten included.
    private(set) var count = 0
    /// Memory of the entries and of the room ready for more, in bytes.
    private(set) var bytes = 0

    static let sectionsMax = 256

    /// Where an entry stands, and the position that it says.
    struct Place {
        fileprivate var slot: Int
        var position: LogPosition
    }

    /// The entry of a key: `isRight` says of a position whether the key there is the one looked for.
    @inline(__always)
    func place(of key: IdempotencyKey, _ isRight: (LogPosition) -> Bool) -> Place? {
        guard let found = sections[key.section].find(key.tag, isRight) else { return nil }
        return Place(slot: found.slot, position: found.position)
    }

    /// Adds an entry for a key that has none. `floor`: entries for positions before it may go.
    mutating func insert(_ key: IdempotencyKey, at position: LogPosition, floor: LogPosition) {
        change(key.section) { $0.insert(IdempotencyEntry(tag: key.tag, position: position), floor: floor) }
    }

    mutating func remove(_ place: Place, of key: IdempotencyKey) {
        change(key.section) { $0.remove(place.slot, of: key.tag) }
    }

    @inline(__always)
    private mutating func change(_ section: Int, _ body: (inout IdempotencySection) -> Void) {
        count -= sections[section].count
        bytes -= sections[section].bytes
        body(&sections[section])
        count += sections[section].count
        bytes += sections[section].bytes
    }
}

extension IdempotencyKey {
    fileprivate var section: Int { Int(truncatingIfNeeded: scopeHigh >> 56) }
    fileprivate var tag: UInt64 { scopeHigh >> 32 & (1 << IdempotencyEntry.tagBits - 1) }
}

// MARK: - Encoding

extension IdempotencyIndex {
    /// Gives the entries for positions at or after `floor`, section by section, those of a section in rising order, and no
    /// section without any. Each is taken out first: it may be the last to hold what the original no longer shares.
    mutating func takeSections(from floor: LogPosition, _ body: (_ number: Int, _ entries: [UInt64]) -> Void) {
        for number in 0..<Self.sectionsMax {
            let entries = sections[number].entries(from: floor)
            change(number) { $0 = IdempotencySection() }
            if !entries.isEmpty { body(number, entries) }
        }
    }

    /// Fills a section with what `takeSections` gave for it. False when that is out of order.
    mutating func fill(_ section: Int, with entries: [UInt64]) -> Bool {
        guard let filled = IdempotencySection(decoding: entries) else { return false }
        change(section) { $0 = filled }
        return true
    }
}
