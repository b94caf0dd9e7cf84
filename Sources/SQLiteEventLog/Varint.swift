/// Numbers as base-128 varints: seven bits a byte, low ones first; the high bit says that another byte follows.
struct VarintReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset == bytes.count }

    /// The largest number: eight bytes of seven bits.
    static let numberMax = 1 << 56 - 1

    /// The next number; nil when the bytes end before it does, or are not how it is written.
    mutating func next() -> Int? {
        var value = 0
        for shift in stride(from: 0, to: 56, by: 7) {
            guard offset < bytes.count else { return nil }
            let byte = bytes[offset]
            offset += 1
            value |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return byte == 0 && shift > 0 ? nil : value }
        }
        return nil
    }
}

extension [UInt8] {
    /// Of a number from 0 to `VarintReader.numberMax`.
    mutating func appendVarint(_ value: Int) {
        precondition(0...VarintReader.numberMax ~= value, "\(value) is no number for a varint")
        var rest = UInt(value)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
