/// Why bytes are not an encoded state.
package struct StateDamage: Error, Hashable, Sendable {
    /// Where in the bytes it shows.
    package var offset: Int
    package var reason: String
}

/// Writes the parts of an encoded state: integers as LEB128 with the sign in bit 0, strings with their length in front.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func integer(_ value: Int64) {
        var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// The memory of a plain value of little-endian words.
    mutating func raw<Value: BitwiseCopyable>(_ values: [Value]) {
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func string(_ value: String) {
        integer(Int64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// One of an enumeration's cases, by name: the encoding does not depend on their order in the source.
    mutating func name<Case: RawRepresentable<String>>(_ value: Case) { string(value.rawValue) }

    mutating func optional<Value>(_ value: Value?, _ write: (inout ByteWriter, Value) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }

    mutating func list<Element>(_ values: some Collection<Element>, _ write: (inout ByteWriter, Element) -> Void) {
        integer(Int64(values.count))
        for value in values { write(&self, value) }
    }
}

/// Reads what `ByteWriter` wrote. Bytes that nobody wrote so are reported, never trapped on.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset == bytes.count }

    func damage(_ reason: String) -> StateDamage { StateDamage(offset: offset, reason: reason) }

    mutating func byte() throws(StateDamage) -> UInt8 {
        guard offset < bytes.count else { throw damage("ends early") }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func integer() throws(StateDamage) -> Int64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
        }
        throw damage("integer too long")
    }

    mutating func integer(in bounds: ClosedRange<Int64>) throws(StateDamage) -> Int64 {
        let value = try integer()
        guard bounds.contains(value) else { throw damage("\(value) out of bounds") }
        return value
    }

    mutating func word() throws(StateDamage) -> UInt64 {
        guard bytes.count - offset >= 8 else { throw damage("ends early") }
        defer { offset += 8 }
        return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }

    mutating func flag() throws(StateDamage) -> Bool {
        let byte = try byte()
        guard byte <= 1 else { throw damage("no flag") }
        return byte == 1
    }

    mutating func string() throws(StateDamage) -> String {
        let length = try length()
        guard let value = String(validating: bytes[offset..<offset + length], as: UTF8.self) else {
            throw damage("not UTF-8")
        }
        offset += length
        return value
    }

    /// A number of bytes, or of things that take a byte at least, that there is room for.
    private mutating func length() throws(StateDamage) -> Int {
        let length = try integer()
        guard (0...Int64(bytes.count - offset)).contains(length) else { throw damage("ends early") }
        return Int(length)
    }

    mutating func name<Case: RawRepresentable<String>>() throws(StateDamage) -> Case {
        let name = try string()
        guard let value = Case(rawValue: name) else { throw damage("unknown name \(name)") }
        return value
    }

    mutating func optional<Value>(
        _ read: (inout ByteReader) throws(StateDamage) -> Value
    ) throws(StateDamage) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func list<Element>(
        _ read: (inout ByteReader) throws(StateDamage) -> Element
    ) throws(StateDamage) -> [Element] {
        var values: [Element] = []
        for _ in 0..<(try length()) { values.append(try read(&self)) }
        return values
    }
}
