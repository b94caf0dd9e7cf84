import EventSourcing

/// The keys of an idempotency table that begin with the same 16 bits, in the order in which they were first used.
///
/// Of each key it holds the next 16 bits as a tag, and a record with the rest, the fingerprint and the position. The tags
/// lie side by side in front, so that a search reads a few neighbouring cache lines and comes to a record only where a tag
/// is the same. What is new goes to the end and what may be forgotten lies in front; nothing has to be moved for a key.
struct IdempotencySegment: Sendable {
    /// What is known of a key.
    struct Record {
        /// The key's last 64 bits.
        fileprivate var rest: UInt64
        /// 48 bits.
        var fingerprint: UInt64
        var position: LogPosition
    }

    /// The tags of all slots, then their records, of which those with an index below `count` are in use.
    private var words: [UInt16] = []
    private(set) var count = 0

    /// Words of 16 bits that a record takes: its last 64 bits, fingerprint and position.
    private static let wordsPerRecord = (64 + 48 + 48) / 16
    private static let wordsPerSlot = 1 + wordsPerRecord
    private static let bytesPerRecord = wordsPerRecord * 2
    /// Tags that are compared at a time; the number of slots is a multiple of it.
    private static let tagsPerStep = 4
    /// A full segment gets room for one more in so many.
    private static let growth = 16

    private var slots: Int { words.count / Self.wordsPerSlot }
    private var bytesOfTags: Int { slots * 2 }

    /// Memory of the slots.
    var bytes: Int { words.count * 2 }
}

// MARK: - Finding and holding

extension IdempotencySegment {
    func find(_ key: IdempotencyKey) -> Record? { index(of: key).map(record) }

    /// Holds the key from `position` on, unless it is held and was first used at `since` or later.
    mutating func hold(
        _ key: IdempotencyKey,
        at position: LogPosition,
        unlessSince since: LogPosition,
        floor: LogPosition
    ) {
        if let index = index(of: key) {
            guard record(index).position < since else { return }
            remove(index)
        }
        if count == slots { makeRoom(floor: floor) }
        let (slot, start) = (count, bytesOfTags + count * Self.bytesPerRecord)
        let record = Record(rest: key.rest, fingerprint: key.keptFingerprint, position: position)
        words.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: key.tag.littleEndian, toByteOffset: slot * 2, as: UInt16.self)
            record.write(to: bytes, at: start)
        }
        count += 1
    }

    private func index(of key: IdempotencyKey) -> Int? {
        let (count, records) = (count, bytesOfTags)
        return words.withUnsafeBytes { bytes in
            for step in stride(from: 0, to: count, by: Self.tagsPerStep) {
                let tags = UInt64(littleEndian: bytes.load(fromByteOffset: step * 2, as: UInt64.self))
                var equal = tags.lanes(equalTo: key.tag)
                while equal != 0 {
                    let index = step + equal.trailingZeroBitCount / UInt16.bitWidth
                    let start = records + index * Self.bytesPerRecord
                    if index < count, Record.rest(in: bytes, at: start) == key.rest { return index }
                    equal &= equal - 1
                }
            }
            return nil
        }
    }

    private func record(_ index: Int) -> Record {
        let start = bytesOfTags + index * Self.bytesPerRecord
        return words.withUnsafeBytes { Record(from: $0, at: start) }
    }

    /// Closes the gap that a key leaves which is used anew.
    private mutating func remove(_ index: Int) {
        let (count, records) = (count, bytesOfTags)
        words.withUnsafeMutableBytes { bytes in
            bytes.move(from: (index + 1) * 2, to: index * 2, count: (count - index - 1) * 2)
            let start = records + index * Self.bytesPerRecord
            bytes.move(
                from: start + Self.bytesPerRecord,
                to: start,
                count: (count - index - 1) * Self.bytesPerRecord
            )
        }
        self.count -= 1
    }

    /// Drops what may be forgotten, and takes as much room as the rest and a few more need.
    private mutating func makeRoom(floor: LogPosition) {
        let dropped = forgettable(before: floor)
        let kept = count - dropped
        self = IdempotencySegment(copying: self, from: dropped, slots: kept + kept / Self.growth + 1)
    }

    /// How many of the first keys were first used before `floor`.
    private func forgettable(before floor: LogPosition) -> Int {
        var index = 0
        while index < count, record(index).position < floor { index += 1 }
        return index
    }

    private init(copying other: Self, from first: Int, slots wanted: Int) {
        count = other.count - first
        words = Self.room(for: wanted)
        let (count, records, source) = (count, bytesOfTags, other.bytesOfTags)
        other.words.withUnsafeBytes { old in
            words.withUnsafeMutableBytes { new in
                new.copy(old, from: first * 2, to: 0, count: count * 2)
                let start = source + first * Self.bytesPerRecord
                new.copy(old, from: start, to: records, count: count * Self.bytesPerRecord)
            }
        }
    }

    /// Words for so many slots or a few more.
    private static func room(for slots: Int) -> [UInt16] {
        let steps = (slots + tagsPerStep - 1) / tagsPerStep
        return [UInt16](repeating: 0, count: steps * tagsPerStep * wordsPerSlot)
    }
}

// MARK: - Encoding

extension IdempotencySegment {
    /// Bytes of a key in an encoded segment.
    static var bytesPerKey: Int { wordsPerSlot * 2 }

    /// The keys first used at `floor` or later.
    func keeping(from floor: LogPosition) -> IdempotencySegment {
        let dropped = forgettable(before: floor)
        return dropped == 0 ? self : IdempotencySegment(copying: self, from: dropped, slots: count - dropped)
    }

    /// The tags and then the records of the keys held, without the slots that are free.
    func withEncoded(_ body: (_ tags: UnsafeRawBufferPointer, _ records: UnsafeRawBufferPointer) -> Void) {
        words.withUnsafeBytes { bytes in
            let records = bytes[bytesOfTags..<bytesOfTags + count * Self.bytesPerRecord]
            body(UnsafeRawBufferPointer(rebasing: bytes[..<(count * 2)]), UnsafeRawBufferPointer(rebasing: records))
        }
    }

    /// As many keys as `encoded` holds of `bytesPerKey` each; nil when they are not in the order of their positions.
    init?(decoding encoded: UnsafeRawBufferPointer) {
        let keys = encoded.count / Self.bytesPerKey
        words = Self.room(for: keys)
        count = keys
        let records = bytesOfTags
        words.withUnsafeMutableBytes { bytes in
            bytes.copy(encoded, from: 0, to: 0, count: keys * 2)
            bytes.copy(encoded, from: keys * 2, to: records, count: keys * Self.bytesPerRecord)
        }
        var last = LogPosition.beforeFirst
        for index in 0..<keys {
            let position = record(index).position
            guard position >= last, position > .beforeFirst else { return nil }
            last = position
        }
    }
}

// MARK: - Bytes and bits

extension IdempotencySegment.Record {
    private static let positionMask: UInt64 = 0xffff_ffff_ffff

    /// The key's last bits alone.
    fileprivate static func rest(in bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    fileprivate init(from bytes: UnsafeRawBufferPointer, at offset: Int) {
        rest = Self.rest(in: bytes, at: offset)
        let middle = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        let last = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self))
        fingerprint = middle >> 16
        position = LogPosition(Int64(middle & 0xffff) << 32 | Int64(last))
    }

    fileprivate func write(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        let ordinal = UInt64(bitPattern: position.ordinal) & Self.positionMask
        bytes.storeBytes(of: rest.littleEndian, toByteOffset: offset, as: UInt64.self)
        let middle = fingerprint << 16 | ordinal >> 32
        bytes.storeBytes(of: middle.littleEndian, toByteOffset: offset + 8, as: UInt64.self)
        let last = UInt32(truncatingIfNeeded: ordinal)
        bytes.storeBytes(of: last.littleEndian, toByteOffset: offset + 16, as: UInt32.self)
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func copy(_ source: UnsafeRawBufferPointer, from start: Int, to offset: Int, count: Int) {
        let target = UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + count])
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
    }

    fileprivate func move(from start: Int, to offset: Int, count: Int) {
        copy(UnsafeRawBufferPointer(self), from: start, to: offset, count: count)
    }
}

extension UInt64 {
    /// The highest bit of each of the four lanes of 16 bits that equal `lane`, and nothing else.
    fileprivate func lanes(equalTo lane: UInt16) -> UInt64 {
        let lowest: UInt64 = 0x0001_0001_0001_0001
        let allButHighest = lowest * 0x7fff
        let difference = self ^ lowest * UInt64(lane)
        return ~((difference & allButHighest) + allButHighest | difference | allButHighest)
    }
}

extension IdempotencyKey {
    /// The bits of the fingerprint that are kept.
    var keptFingerprint: UInt64 { fingerprint & 0xffff_ffff_ffff }

    /// The 16 bits that follow on those which say the segment.
    fileprivate var tag: UInt16 { UInt16(truncatingIfNeeded: scopeHigh >> 32) }
    /// The bits that follow on the tag.
    fileprivate var rest: UInt64 { scopeHigh << 32 | UInt64(scopeLow) }
}
