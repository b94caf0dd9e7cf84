import EventSourcing

/// Records of idempotency keys that were first used at neighbouring positions; at most one for each.
///
/// Where every event has a key, a record stands where its position says. Only where some have none is it written down where
/// each belongs, in 2 bytes a record more.
struct IdempotencyChunk: Sendable {
    /// Its positions are those from `number << positionBits` on.
    let number: Int64
    /// Records, one behind the other.
    private(set) var units: [UInt16] = []
    /// Where the first record's position lies within the chunk.
    private var firstOffset = 0
    /// Where the position of each record lies; empty while each is one behind the one before.
    private var offsets: [UInt16] = []

    private static let positionBits: Int64 = 12
    /// Positions whose records share a chunk: 56 KB of them where every event has a key.
    private static let positionsMax = 1 << positionBits
    private static let unitsPerRecord = 7
    private static let bytesPerRecord = unitsPerRecord * 2

    init(number: Int64) {
        self.number = number
    }

    static func number(of position: LogPosition) -> Int64 { position.ordinal >> positionBits }

    private static func offset(of position: LogPosition) -> Int {
        Int(truncatingIfNeeded: position.ordinal) & (positionsMax - 1)
    }

    var count: Int { units.count / Self.unitsPerRecord }

    /// The position of the last record.
    var last: LogPosition { position(count - 1) }

    /// Memory of the records and of the room ready for more.
    var bytes: Int { (units.capacity + offsets.capacity) * MemoryLayout<UInt16>.size }

    private func offset(_ index: Int) -> Int { offsets.isEmpty ? firstOffset + index : Int(offsets[index]) }

    private func position(_ index: Int) -> LogPosition { position(of: offset(index)) }

    private func position(of offset: Int) -> LogPosition {
        LogPosition(number << Self.positionBits + Int64(offset))
    }
}

// MARK: - Finding and appending

extension IdempotencyChunk {
    /// The record of the key that was first used at `position`; nil where there is none.
    func record(at position: LogPosition) -> IdempotencyRecords.Record? {
        index(of: Self.offset(of: position)).map(record)
    }

    /// Adds a record behind the others.
    mutating func append(_ record: IdempotencyRecords.Record, at position: LogPosition) {
        note(Self.offset(of: position))
        let place = count
        units.append(contentsOf: repeatElement(0, count: Self.unitsPerRecord))
        units.withUnsafeMutableBytes { Self.write(record, to: $0, at: place) }
    }

    /// Gives back the memory held ready for growth.
    mutating func trim() {
        units.trim()
        offsets.trim()
    }

    /// Takes note of where the record that is added lies.
    private mutating func note(_ offset: Int) {
        if units.isEmpty { firstOffset = offset }
        if offsets.isEmpty {
            if offset == firstOffset + count { return }
            offsets = (firstOffset..<firstOffset + count).map { UInt16($0) }
        }
        offsets.append(UInt16(offset))
    }

    /// The place of the record whose position lies there.
    private func index(of wanted: Int) -> Int? {
        if offsets.isEmpty {
            let index = wanted - firstOffset
            return index >= 0 && index < count ? index : nil
        }
        let index = offsets.indices.partitionPoint { Int(offsets[$0]) < wanted }
        return index < offsets.count && Int(offsets[index]) == wanted ? index : nil
    }

    private func record(_ index: Int) -> IdempotencyRecords.Record {
        units.withUnsafeBytes { Self.read($0, at: index) }
    }
}

// MARK: - Records in memory

/// Eight bytes of the key's rest, and four and two of the fingerprint.
extension IdempotencyChunk {
    @inline(__always)
    private static func read(_ bytes: UnsafeRawBufferPointer, at index: Int) -> IdempotencyRecords.Record {
        let start = index * bytesPerRecord
        let low = bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt32.self)
        let high = bytes.load(fromByteOffset: start + 12, as: UInt16.self)
        return IdempotencyRecords.Record(
            rest: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self),
            fingerprint: UInt64(high) << 32 | UInt64(low)
        )
    }

    @inline(__always)
    private static func write(
        _ record: IdempotencyRecords.Record,
        to bytes: UnsafeMutableRawBufferPointer,
        at index: Int
    ) {
        let start = index * bytesPerRecord
        bytes.storeBytes(of: record.rest, toByteOffset: start, as: UInt64.self)
        bytes.storeBytes(of: UInt32(truncatingIfNeeded: record.fingerprint), toByteOffset: start + 8, as: UInt32.self)
        let high = UInt16(truncatingIfNeeded: record.fingerprint >> 32)
        bytes.storeBytes(of: high, toByteOffset: start + 12, as: UInt16.self)
    }
}

// MARK: - Encoding

extension IdempotencyChunk {
    private static let fingerprintShift: UInt64 = 16
    private static let offsetMask: UInt64 = 1 << fingerprintShift - 1

    /// Two words a record: the key's rest, then the fingerprint and in its lowest bits where its position lies.
    var words: [UInt64] {
        let count = count
        return units.withUnsafeBytes { bytes in
            Array(unsafeUninitializedCapacity: count * 2) { words, filled in
                for index in 0..<count {
                    let record = Self.read(bytes, at: index)
                    words[index * 2] = record.rest
                    words[index * 2 + 1] = record.fingerprint << Self.fingerprintShift | UInt64(offset(index))
                }
                filled = count * 2
            }
        }
    }

    /// As many records as `words` hold, at least one; nil when their positions do not rise, or lie outside the chunk.
    init?(number: Int64, decoding words: [UInt64]) {
        self.init(number: number)
        let count = words.count / 2
        var last = number == 0 ? 0 : -1
        for index in 0..<count {
            let offset = Int(words[index * 2 + 1] & Self.offsetMask)
            guard offset > last, offset < Self.positionsMax else { return nil }
            last = offset
        }
        firstOffset = Int(words[1] & Self.offsetMask)
        if last != firstOffset + count - 1 {
            offsets = (0..<count).map { UInt16(words[$0 * 2 + 1] & Self.offsetMask) }
        }
        units = Array(unsafeUninitializedCapacity: count * Self.unitsPerRecord) { units, filled in
            let bytes = UnsafeMutableRawBufferPointer(units)
            for index in 0..<count {
                let fingerprint = words[index * 2 + 1] >> Self.fingerprintShift
                let record = IdempotencyRecords.Record(rest: words[index * 2], fingerprint: fingerprint)
                Self.write(record, to: bytes, at: index)
            }
            filled = count * Self.unitsPerRecord
        }
    }

    /// Without the records before `floor`.
    func keeping(from floor: LogPosition) -> Self {
        guard count > 0, position(0) < floor else { return self }
        var kept = Self(number: number)
        for index in 0..<count where position(index) >= floor { kept.append(record(index), at: position(index)) }
        return kept
    }
}
