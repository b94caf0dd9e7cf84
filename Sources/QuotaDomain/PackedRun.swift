import EventSourcing

/// Instants in rising order, each with the number of calls that count from it, packed into one word an instant.
///
/// A word holds the milliseconds since `base` in its upper bits and the calls, less one, in its lower ones. How long the
/// words are is chosen once; instants or calls that do not fit go into another run. Single words say only one call: where
/// few instants have several, they say the instant again for each, which takes less than longer words for all.
struct PackedRun: Sendable {
    /// The length of the words; the raw value is its logarithm in units of 16 bits.
    enum Packing: Int, Sendable {
        /// 16 bits: single calls within 65,536 ms.
        case single = 0
        /// 32 bits: busy instants within 65,536 ms, up to 65,536 calls each.
        case narrow = 1
        /// 64 bits: anything within 3 days, up to 68 billion calls an instant.
        case wide = 2
    }

    /// Milliseconds since the Unix epoch that offset 0 stands for.
    private(set) var base: Int64
    private(set) var packing: Packing
    /// How many of single words say the same instant as the one before.
    private var repeats: Int32 = 0
    /// The words, the lowest unit of each first.
    private var units: [UInt16] = []

    private static let unitsPerWordMax = 4
    /// A run of so many units gets room for an eighth more instead of as many again: of a window whose calls come in any
    /// order, with all its runs half full, a third was empty.
    private static let growingSlowlyFrom = 256

    init(base: Int64, packing: Packing) {
        self.base = base
        self.packing = packing
    }

    /// Begins anew without giving back memory.
    mutating func restart(base: Int64, packing: Packing) {
        (self.base, self.packing, repeats) = (base, packing, 0)
        units.removeAll(keepingCapacity: true)
    }

    /// Words, and so many instants, those counted twice that are said twice.
    var count: Int { units.count >> packing.rawValue }
    /// Instants, each counted once as far as single words say it again.
    var distinct: Int { count - Int(repeats) }
    var isEmpty: Bool { units.isEmpty }
    /// Memory of the words and of the room for more, in bytes.
    var bytes: Int { units.capacity * 2 }

    /// Calls of all instants.
    var calls: Int64 {
        if packing == .single { return Int64(count) }
        var sum: Int64 = 0
        forEach(0..<count) { _, calls in sum += calls }
        return sum
    }

    func instant(_ index: Int) -> Int64 {
        base + Int64(truncatingIfNeeded: word(index) >> packing.callsBits)
    }

    func calls(_ index: Int) -> Int64 {
        Int64(truncatingIfNeeded: word(index) & (1 << packing.callsBits - 1)) + 1
    }

    func reaches(_ instant: Int64) -> Bool { UInt64(bitPattern: instant - base) >> packing.offsetBits == 0 }

    /// How many instants are not after `instant`.
    func count(through instant: Int64) -> Int {
        guard count > 0, self.instant(count - 1) > instant else { return count }
        return (0..<(count - 1)).partitionPoint { self.instant($0) <= instant }
    }

    /// Some of the instants, in order.
    @inline(__always)
    func forEach(_ indices: Range<Int>, _ body: (_ instant: Int64, _ calls: Int64) -> Void) {
        let (base, bits) = (base, packing.callsBits)
        func walk<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(_ type: Word.Type) {
            units.withUnsafeBytes { bytes in
                for index in indices {
                    let stored = bytes.load(fromByteOffset: index * MemoryLayout<Word>.size, as: type)
                    let word = UInt64(Word(littleEndian: stored))
                    body(base + Int64(word >> bits), Int64(word & (1 << bits - 1)) + 1)
                }
            }
        }
        switch packing {
        case .single: walk(UInt16.self)
        case .narrow: walk(UInt32.self)
        case .wide: walk(UInt64.self)
        }
    }

    /// Adds calls at an instant within reach, new or there already. False, and nothing changed, when there would be more
    /// at that instant than a word can say.
    mutating func add(_ calls: Int64, at instant: Int64) -> Bool {
        let index = count(through: instant)
        if index > 0, self.instant(index - 1) == instant {
            guard self.calls(index - 1) + calls <= packing.callsMax else { return false }
            set(word(index - 1) + UInt64(calls), at: index - 1)
            return true
        }
        guard calls <= packing.callsMax else { return false }
        insert(calls, at: instant, before: index)
        return true
    }

    /// Adds calls at the last instant. False, and nothing changed, when there would be more than a word can say.
    mutating func addToLast(_ calls: Int64) -> Bool {
        let index = count - 1
        guard self.calls(index) + calls <= packing.callsMax else { return false }
        set(word(index) + UInt64(calls), at: index)
        return true
    }

    /// Puts an instant within reach, with calls that fit a word, before the one at `index`.
    mutating func insert(_ calls: Int64, at instant: Int64, before index: Int) {
        precondition(reaches(instant) && calls <= packing.callsMax)
        let word = UInt64(instant - base) << packing.callsBits | UInt64(calls - 1)
        append(word)
        guard index < count - 1 else { return }
        let start = index << packing.rawValue
        let length = 1 << packing.rawValue
        units.withUnsafeMutableBufferPointer { units in
            let behind = UnsafeMutableBufferPointer(rebasing: units[(start + length)...])
            _ = behind.update(fromContentsOf: units[start..<(units.count - length)])
        }
        set(word, at: index)
    }

    /// The same instants in words of another length, which have to be able to say them.
    func repacked(_ packing: Packing, base: Int64) -> PackedRun {
        var other = PackedRun(base: base, packing: packing)
        forEach(0..<count) { instant, calls in other.append(calls, at: instant) }
        return other
    }

    /// Adds calls that words of this length can say at its last instant or behind it.
    private mutating func append(_ calls: Int64, at instant: Int64) {
        let isThere = count > 0 && self.instant(count - 1) == instant
        if packing == .single {
            insertSingly(calls, at: instant, before: count, isThere: isThere)
        } else if !isThere || !addToLast(calls) {
            insert(calls, at: instant, before: count)
        }
    }

    /// Takes the words from `index` on away and returns them.
    mutating func splitOff(from index: Int) -> PackedRun {
        let middle = index << packing.rawValue
        var second = PackedRun(base: base, packing: packing)
        second.units = Array(units[middle...])
        units = Array(units[..<middle])
        (repeats, second.repeats) = (countRepeats(0..<count), second.countRepeats(0..<second.count))
        return second
    }

    /// Gives back the memory held ready for growth.
    mutating func trim() { units.trim() }
}

// MARK: - Single words

extension PackedRun {
    /// Words that may say an instant again, however few instants there are.
    private static let repeatsAlwaysWorthIt: Int64 = 16

    /// Whether single words take about as little memory as words of twice the length, which say every instant once.
    static func isWorthRepeating(_ repeats: Int64, among instants: Int64) -> Bool {
        repeats <= instants + repeatsAlwaysWorthIt
    }

    /// Calls at the last instant, those that single words say one by one included.
    var callsAtLast: Int64 {
        guard packing == .single else { return calls(count - 1) }
        let last = instant(count - 1)
        return Int64(units.reversed().prefix { base + Int64($0) == last }.count)
    }

    /// Adds calls at an instant within reach, new or there already, in words for each of them. False, and nothing changed,
    /// when its words are longer ones or that would not be worth it.
    mutating func addSingly(_ calls: Int64, at instant: Int64) -> Bool {
        guard packing == .single else { return false }
        let index = count(through: instant)
        let isThere = index > 0 && self.instant(index - 1) == instant
        let instants = Int64(distinct) + (isThere ? 0 : 1)
        guard Self.isWorthRepeating(Int64(count) + calls - instants, among: instants) else { return false }
        insertSingly(calls, at: instant, before: index, isThere: isThere)
        return true
    }

    private mutating func insertSingly(_ calls: Int64, at instant: Int64, before index: Int, isThere: Bool) {
        precondition(reaches(instant))
        let unit = UInt16(truncatingIfNeeded: instant - base)
        makeRoom(for: Int(calls))
        units.insert(contentsOf: repeatElement(unit, count: Int(calls)), at: index)
        repeats += Int32(calls) - (isThere ? 0 : 1)
    }

    /// Puts some instants of a run of single words with the same base, all later than its own, behind them. False, and
    /// nothing changed, when that may not be worth it for one of them.
    mutating func append(_ other: PackedRun, _ indices: Range<Int>) -> Bool {
        precondition(base == other.base && packing == .single && other.packing == .single)
        let added = other.countRepeats(indices)
        guard Self.isWorthRepeating(Int64(repeats + added), among: Int64(distinct)) else { return false }
        units += other.units[indices]
        repeats += added
        return true
    }

    /// The indices, and those behind them that say the last instant again.
    func wholeInstants(_ indices: Range<Int>) -> Range<Int> {
        var end = indices.upperBound
        while end < count, end > indices.lowerBound, instant(end) == instant(end - 1) { end += 1 }
        return indices.lowerBound..<end
    }

    /// How many single words at these indices but the first say the same instant as the one before.
    private func countRepeats(_ indices: Range<Int>) -> Int32 {
        guard packing == .single, !indices.isEmpty else { return 0 }
        return units.withUnsafeBufferPointer { units in
            var repeats: Int32 = 0
            for index in indices.dropFirst() where units[index] == units[index - 1] { repeats += 1 }
            return repeats
        }
    }
}

// MARK: - Words

extension PackedRun {
    private func word(_ index: Int) -> UInt64 {
        units.withUnsafeBytes { bytes in
            switch packing {
            case .single: UInt64(UInt16(littleEndian: bytes.load(fromByteOffset: index * 2, as: UInt16.self)))
            case .narrow: UInt64(UInt32(littleEndian: bytes.load(fromByteOffset: index * 4, as: UInt32.self)))
            case .wide: UInt64(littleEndian: bytes.load(fromByteOffset: index * 8, as: UInt64.self))
            }
        }
    }

    private mutating func set(_ word: UInt64, at index: Int) {
        units.withUnsafeMutableBytes { bytes in
            switch packing {
            case .single: bytes.storeBytes(of: UInt16(word).littleEndian, toByteOffset: index * 2, as: UInt16.self)
            case .narrow: bytes.storeBytes(of: UInt32(word).littleEndian, toByteOffset: index * 4, as: UInt32.self)
            case .wide: bytes.storeBytes(of: word.littleEndian, toByteOffset: index * 8, as: UInt64.self)
            }
        }
    }

    private mutating func append(_ word: UInt64) {
        var rest = word
        makeRoom(for: Self.unitsPerWordMax)
        for _ in 0..<(1 << packing.rawValue) {
            units.append(UInt16(truncatingIfNeeded: rest))
            rest >>= 16
        }
    }

    private mutating func makeRoom(for added: Int) {
        guard units.count + added > units.capacity, units.count >= Self.growingSlowlyFrom else { return }
        units.reserveCapacity(units.count + max(added, units.count / 8))
    }
}

// MARK: - Encoding

extension PackedRun {
    /// More than any run takes: one that was cut full of the shortest words may take the longest ones, and one more, for
    /// calls that came to an instant of it later.
    static let encodedBytesMax = 8 * WindowChunk.packedBytesMax

    /// The words, each with its lowest byte first.
    func withEncoded(_ body: (UnsafeRawBufferPointer) -> Void) { units.withUnsafeBytes(body) }

    /// Puts the instants of encoded words in place of its own. False when they go back.
    mutating func restart(base: Int64, packing: Packing, decoding encoded: UnsafeRawBufferPointer) -> Bool {
        restart(base: base, packing: packing)
        units.append(contentsOf: repeatElement(0, count: encoded.count / 2))
        units.withUnsafeMutableBytes { $0.copyMemory(from: encoded) }
        repeats = countRepeats(0..<count)
        for index in 1..<max(count, 1) where instant(index - 1) > instant(index) { return false }
        return true
    }
}

extension PackedRun.Packing {
    /// The shortest words that can say so many calls at an instant.
    init(for calls: Int64) {
        self = calls <= Self.single.callsMax ? .single : calls <= Self.narrow.callsMax ? .narrow : .wide
    }

    var bytesPerInstant: Int { 2 << rawValue }

    /// Calls at an instant that a word can say.
    var callsMax: Int64 { 1 << callsBits }

    /// Milliseconds from `base` that a word can reach.
    var offsets: Range<Int64> { 0..<(1 << offsetBits) }

    fileprivate var offsetBits: UInt64 { UInt64(bytesPerInstant) * 8 - callsBits }

    /// Bits of a word that say the calls.
    fileprivate var callsBits: UInt64 {
        switch self {
        case .single: 0
        case .narrow: 16
        case .wide: 36
        }
    }
}
