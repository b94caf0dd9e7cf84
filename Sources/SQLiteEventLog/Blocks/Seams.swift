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
        var reader = VarintReader(rest: coded[...])
        guard let plainSize = reader.next() else { return nil }
        if plainSize == 0 { return counts(in: coded.dropFirst()) }
        return Zlib.inflated(Array(reader.rest), size: plainSize).flatMap { counts(in: $0[...]) }
    }

    private static func counts(in plain: ArraySlice<UInt8>) -> [Int]? {
        var reader = VarintReader(rest: plain)
        var counts: [Int] = []
        while !reader.rest.isEmpty {
            guard let count = reader.next(), count > 0 else { return nil }
            counts.append(count)
        }
        return counts
    }
}

private struct VarintReader {
    var rest: ArraySlice<UInt8>

    mutating func next() -> Int? {
        var value = 0
        for shift in stride(from: 0, to: 56, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}

extension [UInt8] {
    fileprivate mutating func appendVarint(_ value: Int) {
        var rest = UInt(value)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
