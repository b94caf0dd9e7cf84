/// Where the original commits meet inside a packed block: the event count of each, in order.
///
/// Stored as base-128 varints (low bits first), compressed when that is shorter. The first varint tells the form: 0 for
/// varints that follow as they are, otherwise the byte count of the varints that follow compressed.
enum Seams {
    static func encode(_ counts: [Int]) -> [UInt8] {
        var plain: [UInt8] = []
        for count in counts { plain.appendVarint(count) }
        guard let compressed = Zlib.compressed(plain) else { return [0] + plain }
        var coded: [UInt8] = []
        coded.appendVarint(plain.count)
        return coded + compressed
    }

    /// The counts, or nil when the bytes are not what `encode` writes.
    static func decode(_ coded: [UInt8]) -> [Int]? {
        coded.withUnsafeBytes { bytes in
            var reader = VarintReader(bytes)
            guard let plainSize = reader.next() else { return nil }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[reader.offset...])
            if plainSize == 0 { return counts(in: rest) }
            return Zlib.inflated(Array(rest), size: plainSize).flatMap { $0.withUnsafeBytes(counts(in:)) }
        }
    }

    private static func counts(in plain: UnsafeRawBufferPointer) -> [Int]? {
        var reader = VarintReader(plain)
        var counts: [Int] = []
        while !reader.isAtEnd {
            guard let count = reader.next(), count > 0 else { return nil }
            counts.append(count)
        }
        return counts
    }
}
