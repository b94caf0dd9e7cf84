import CZlib
import EventSourcing

/// A block's labels as the column `labels` holds them: a checksum, then the labels in ascending order, each in four
/// bytes, low byte first.
///
/// The chain hash does not cover them, so the checksum does, together with what tells whose labels they are: the
/// row's first position and its chain hash. It is CRC-32, which no single flipped bit gets past.
enum StoredLabels {
    /// Nil where nothing is known of the block.
    static func encode(_ labels: BlockLabels, first: LogPosition, hash: String) -> [UInt8]? {
        guard let known = labels.known else { return nil }
        var plain: [UInt8] = []
        plain.reserveCapacity(known.count * wordLength)
        for label in known { plain.append(word: label.bits) }
        var coded: [UInt8] = []
        coded.reserveCapacity(plain.count + wordLength)
        coded.append(word: checksum(of: plain[...], first: first, hash: hash))
        return coded + plain
    }

    /// Nil when the bytes are not what `encode` wrote for this row.
    static func decode(_ coded: [UInt8], first: LogPosition, hash: String) -> BlockLabels? {
        guard coded.count >= wordLength, coded.count.isMultiple(of: wordLength),
            checksum(of: coded[wordLength...], first: first, hash: hash) == coded.word(at: 0)
        else { return nil }
        return BlockLabels(
            ascending: stride(from: wordLength, to: coded.count, by: wordLength).map {
                BlockLabel(bits: coded.word(at: $0))
            }
        )
    }

    private static func checksum(of plain: ArraySlice<UInt8>, first: LogPosition, hash: String) -> UInt32 {
        var hash = hash
        var sum = withUnsafeBytes(of: first.ordinal.littleEndian) { crc(0, $0) }
        sum = hash.withUTF8 { crc(sum, UnsafeRawBufferPointer($0)) }
        return UInt32(truncatingIfNeeded: plain.withUnsafeBytes { crc(sum, $0) })
    }

    private static func crc(_ sum: uLong, _ bytes: UnsafeRawBufferPointer) -> uLong {
        // zlib takes a null pointer for the wish to begin anew.
        guard let start = bytes.baseAddress else { return sum }
        return crc32(sum, start.assumingMemoryBound(to: UInt8.self), uInt(bytes.count))
    }

    private static let wordLength = 4
}

extension [UInt8] {
    fileprivate mutating func append(word: UInt32) {
        Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate func word(at index: Int) -> UInt32 {
        withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: index, as: UInt32.self)) }
    }
}
