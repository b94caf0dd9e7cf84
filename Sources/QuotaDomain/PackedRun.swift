/// Instants in rising order, each with the number of calls that count from it, packed into one word an instant.
///
/// A word holds the milliseconds since `base` in its upper bits and the calls, less one, in its lower ones. How long the
/// words are is chosen once; instants or calls that do not fit go into another run.
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
        (self.base, self.packing) = (base, packing)
        units.removeAll(keepingCapacity: true)
    }

    var count: Int { units.count >> packing.rawValue }
    var isEmpty: Bool { units.isEmpty }
    /// Memory of the words and of the room for more, in bytes.
    var bytes: Int { units.capacity * 2 }

    /// Calls of all instants.
    var calls: Int64 {
        if packing == .single { return Int64(count) }
        var sum: Int64 = 0
        forEach(from: 0) { _, calls in sum += calls }
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
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high) / 2
            if self.instant(middle) <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The instants from `index` on, in order.
    @inline(__always)
    func forEach(from index: Int, _ body: (_ instant: Int64, _ calls: Int64) -> Void) {
        let (base, bits) = (base, packing.callsBits)
        func walk<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(_ type: Word.Type) {
            units.withUnsafeBytes { bytes in
                for index in index..<count {
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

    /// Puts some instants of a run with the same base and packing behind the others.
    mutating func append(_ other: PackedRun, _ indices: Range<Int>) {
        precondition(base == other.base && packing == other.packing)
        let start = indices.lowerBound << packing.rawValue
        units += other.units[start..<indices.upperBound << packing.rawValue]
    }

    /// The same instants in words of another length, which have to be able to say them.
    func repacked(_ packing: Packing, base: Int64) -> PackedRun {
        var other = PackedRun(base: base, packing: packing)
        for index in 0..<count { other.insert(calls(index), at: instant(index), before: index) }
        return other
    }

    /// Takes the second half away and returns it.
    mutating func splitOff() -> PackedRun {
        let middle = (count / 2) << packing.rawValue
        var second = PackedRun(base: base, packing: packing)
        second.units = Array(units[middle...])
        units = Array(units[..<middle])
        return second
    }

    /// Gives back the memory held ready for growth.
    mutating func trim() {
        guard units.capacity > units.count else { return }
        units = units.withUnsafeBufferPointer { Array($0) }
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
        if units.count + Self.unitsPerWordMax > units.capacity, units.count >= Self.growingSlowlyFrom {
            units.reserveCapacity(units.count + units.count / 8)
        }
        for _ in 0..<(1 << packing.rawValue) {
            units.append(UInt16(truncatingIfNeeded: rest))
            rest >>= 16
        }
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
