import EventSourcing

/// What is known of idempotency keys, in the order of the positions at which they were first used, in 16 bytes a key.
///
/// Records lie in chunks, each for so many neighbouring positions. All chunks but the last stay as they are until they are
/// dropped, so a copy shares them for good, and all that are full have one length, so that memory has no gaps.
struct IdempotencyRecords: Sendable {
    /// What is known of a key besides its first 32 bits and its position.
    struct Record {
        /// The key's last 64 bits.
        var rest: UInt64
        /// 48 bits.
        var fingerprint: UInt64
    }

    /// Records of the positions from `number * positionsPerChunk` on; at most one for each.
    struct Chunk: Sendable {
        let number: Int64
        /// Two words a record: the key's rest, then the fingerprint and in its lowest bits the position within the chunk.
        fileprivate(set) var words: [UInt64]

        fileprivate init(number: Int64, words: [UInt64]) {
            (self.number, self.words) = (number, words)
        }
    }

    private var chunks: [Chunk] = []

    fileprivate static let positionBits: Int64 = 12
    /// Positions whose records share a chunk: 64 KB of them where every event has a key.
    static let positionsPerChunk: Int64 = 1 << positionBits
    private static let fingerprintShift: UInt64 = 16
    fileprivate static let positionMask: UInt64 = 1 << fingerprintShift - 1

    /// Memory of the records and of the room ready for more, in bytes.
    var bytes: Int { chunks.reduce(0) { $0 + $1.words.capacity * 8 } }
}

// MARK: - Finding and appending

extension IdempotencyRecords {
    /// The record of the key that was first used at `position`; nil where there is none.
    func record(at position: LogPosition) -> Record? {
        guard let chunk = chunk(position.ordinal >> Self.positionBits) else { return nil }
        return chunks[chunk].words.withUnsafeBufferPointer { words in
            let wanted = UInt64(position.ordinal & (Self.positionsPerChunk - 1))
            // With a key for every event it stands where its position says, and never behind that.
            var index = min(Int(wanted) - Int(Self.offset(words, 0)), words.count / 2 - 1)
            if index >= 0, Self.offset(words, index) != wanted { index = Self.index(of: wanted, in: words) }
            guard index >= 0 else { return nil }
            return Record(rest: words[index * 2], fingerprint: words[index * 2 + 1] >> Self.fingerprintShift)
        }
    }

    /// Adds a record behind the others, and drops those in front whose positions are all before `floor`.
    mutating func append(_ key: IdempotencyKey, at position: LogPosition, floor: LogPosition) {
        let number = position.ordinal >> Self.positionBits
        if chunks.last?.number != number { beginChunk(number, floor: floor) }
        let offset = UInt64(position.ordinal & (Self.positionsPerChunk - 1))
        chunks[chunks.count - 1].words.append(key.rest)
        chunks[chunks.count - 1].words.append(key.keptFingerprint << Self.fingerprintShift | offset)
    }

    private mutating func beginChunk(_ number: Int64, floor: LogPosition) {
        let forgotten = floor.ordinal >> Self.positionBits
        if let first = chunks.first, first.number < forgotten {
            chunks.removeFirst(chunks.firstIndex { $0.number >= forgotten } ?? chunks.count)
        }
        if let last = chunks.indices.last { chunks[last].trim() }
        chunks.append(Chunk(number: number, words: []))
    }

    /// The chunk of that number. Where every chunk has a key, it stands as far behind the first as its number says.
    private func chunk(_ number: Int64) -> Int? {
        guard let first = chunks.first, number >= first.number else { return nil }
        var (low, high) = (0, min(Int(number - first.number), chunks.count - 1))
        if chunks[high].number == number { return high }
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return chunks[low].number == number ? low : nil
    }

    /// The record at that position within the chunk; -1 where there is none.
    private static func index(of wanted: UInt64, in words: UnsafeBufferPointer<UInt64>) -> Int {
        var (low, high) = (0, words.count / 2)
        while low < high {
            let middle = (low + high) / 2
            if offset(words, middle) < wanted { low = middle + 1 } else { high = middle }
        }
        return low < words.count / 2 && offset(words, low) == wanted ? low : -1
    }

    @inline(__always)
    private static func offset(_ words: UnsafeBufferPointer<UInt64>, _ index: Int) -> UInt64 {
        words[index * 2 + 1] & positionMask
    }
}

extension IdempotencyRecords.Chunk {
    /// Gives back the memory held ready for growth.
    fileprivate mutating func trim() {
        guard words.capacity > words.count else { return }
        words = words.withUnsafeBufferPointer { Array($0) }
    }
}

// MARK: - Encoding

extension IdempotencyRecords {
    /// The chunks in rising order, each without the records before `floor`; none without records.
    func forEachChunk(from floor: LogPosition, _ body: (Chunk) -> Void) {
        let first = floor.ordinal >> Self.positionBits
        for chunk in chunks where chunk.number >= first {
            let kept = chunk.number > first ? chunk : chunk.keeping(from: floor)
            if kept.count > 0 { body(kept) }
        }
    }

    /// Puts a chunk with a higher number behind the others.
    mutating func append(_ chunk: Chunk) {
        precondition(chunks.last?.number ?? -1 < chunk.number, "chunks come in order")
        chunks.append(chunk)
    }
}

extension IdempotencyRecords.Chunk {
    var count: Int { words.count / 2 }

    /// The position of the last record.
    var last: LogPosition { position(count - 1) }

    /// As many records as `words` hold, at least one; nil when their positions do not rise, or lie outside the chunk.
    init?(number: Int64, decoding words: [UInt64]) {
        self.init(number: number, words: words)
        var last: Int64 = number == 0 ? 0 : -1
        for index in 0..<count {
            let offset = Int64(words[index * 2 + 1] & IdempotencyRecords.positionMask)
            guard offset > last else { return nil }
            last = offset
        }
        guard last < IdempotencyRecords.positionsPerChunk else { return nil }
    }

    fileprivate func keeping(from floor: LogPosition) -> Self {
        let first = (0..<count).first { position($0) >= floor } ?? count
        return first == 0 ? self : Self(number: number, words: Array(words[(first * 2)...]))
    }

    private func position(_ index: Int) -> LogPosition {
        let offset = Int64(words[index * 2 + 1] & IdempotencyRecords.positionMask)
        return LogPosition(number << IdempotencyRecords.positionBits + offset)
    }
}
