import EventSourcing

/// What is known of idempotency keys, in the order of the positions at which they were first used, in 14 bytes a key.
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

    private var chunks: [IdempotencyChunk] = []

    /// Memory of the records and of the room ready for more, in bytes.
    var bytes: Int { chunks.reduce(0) { $0 + $1.bytes } }
}

// MARK: - Finding and appending

extension IdempotencyRecords {
    /// The record of the key that was first used at `position`; nil where there is none.
    func record(at position: LogPosition) -> Record? {
        chunk(IdempotencyChunk.number(of: position)).flatMap { chunks[$0].record(at: position) }
    }

    /// Adds a record behind the others, and drops those in front whose positions are all before `floor`.
    mutating func append(_ key: IdempotencyKey, at position: LogPosition, floor: LogPosition) {
        let number = IdempotencyChunk.number(of: position)
        if chunks.last?.number != number { beginChunk(number, floor: floor) }
        let record = Record(rest: key.rest, fingerprint: key.keptFingerprint)
        chunks[chunks.count - 1].append(record, at: position)
    }

    private mutating func beginChunk(_ number: Int64, floor: LogPosition) {
        let forgotten = IdempotencyChunk.number(of: floor)
        if let first = chunks.first, first.number < forgotten {
            chunks.removeFirst(chunks.firstIndex { $0.number >= forgotten } ?? chunks.count)
        }
        if let last = chunks.indices.last { chunks[last].trim() }
        chunks.append(IdempotencyChunk(number: number))
    }

    /// The chunk of that number. Where every chunk has a key, it stands as far behind the first as its number says.
    private func chunk(_ number: Int64) -> Int? {
        guard let first = chunks.first, number >= first.number else { return nil }
        let last = min(Int(number - first.number), chunks.count - 1)
        if chunks[last].number == number { return last }
        let index = (0..<last).partitionPoint { chunks[$0].number < number }
        return chunks[index].number == number ? index : nil
    }
}

// MARK: - Encoding

extension IdempotencyRecords {
    /// The chunks in rising order, each without the records before `floor`; none without records.
    func forEachChunk(from floor: LogPosition, _ body: (IdempotencyChunk) -> Void) {
        let first = IdempotencyChunk.number(of: floor)
        for chunk in chunks where chunk.number >= first {
            let kept = chunk.number > first ? chunk : chunk.keeping(from: floor)
            if kept.count > 0 { body(kept) }
        }
    }

    /// Puts a chunk with a higher number behind the others.
    mutating func append(_ chunk: IdempotencyChunk) {
        precondition(chunks.last?.number ?? -1 < chunk.number, "chunks come in order")
        chunks.append(chunk)
    }
}
