/// Why bytes are not an encoded state.
package struct StateDamage: Error, Hashable, Sendable {
    /// Where in the bytes it shows.
    package var offset: Int
    package var reason: String
}

/// Writes the parts of an encoded state: integers as LEB128 with the sign in bit 0, strings with their length in front.
struct ByteWriter {
    private var bytes: [UInt8] = []
    private let partBytes: Int
    private let take: ([UInt8]) -> Void

    /// Hands over what was written in parts of `partBytes` or little more. `room`: bytes expected to be written.
    init(partBytes: Int, room: Int, _ take: @escaping ([UInt8]) -> Void) {
        self.partBytes = partBytes
        self.take = take
        bytes.reserveCapacity(min(room, partBytes))
    }

    /// Hands over the last part.
    mutating func finish() {
        if !bytes.isEmpty { take(bytes) }
        bytes = []
    }

    mutating func endPartIfFull() {
        guard bytes.count >= partBytes else { return }
        take(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    mutating func integer(_ value: Int64) {
        var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func raw(_ memory: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: memory)
        endPartIfFull()
    }

    /// Each word with its lowest byte first.
    ///
    /// No `map(\.littleEndian)`: that asks a key path at run time for every word, which took most of the time of
    /// encoding.
    mutating func words(_ words: [UInt64]) {
        words.map { $0.littleEndian }.withUnsafeBytes { raw($0) }
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
        for value in values {
            write(&self, value)
            endPartIfFull()
        }
    }
}

/// Reads what `ByteWriter` wrote. Bytes that nobody wrote so are reported, never trapped on.
struct ByteReader {
    /// The part that is being read, with what was left of the one before it.
    private var bytes: [UInt8] = []
    private var index = 0
    /// Bytes in front of `bytes`.
    private var passed = 0
    private let next: () -> [UInt8]?

    /// Reads the parts that `next` gives until it gives nil, wherever they are cut.
    init(_ next: @escaping () -> [UInt8]?) {
        self.next = next
    }

    func damage(_ reason: String) -> StateDamage { StateDamage(offset: passed + index, reason: reason) }

    mutating func requireEnd() throws(StateDamage) {
        guard !refill(1) else { throw damage("goes on behind the end") }
    }

    /// Sees to it that so many bytes are at hand.
    private mutating func require(_ count: Int) throws(StateDamage) {
        guard bytes.count - index >= count || refill(count) else { throw damage("ends early") }
    }

    private mutating func refill(_ count: Int) -> Bool {
        while bytes.count - index < count {
            guard let part = next() else { return false }
            passed += index
            if index == bytes.count {
                bytes = part
            } else {
                bytes.removeFirst(index)
                bytes += part
            }
            index = 0
        }
        return true
    }

    mutating func byte() throws(StateDamage) -> UInt8 {
        try require(1)
        defer { index += 1 }
        return bytes[index]
    }

    /// So many bytes as they are, for as long as `body` runs.
    mutating func raw<Result>(
        _ count: Int,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(StateDamage) -> Result {
        try require(count)
        defer { index += count }
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[index..<index + count])) }
    }

    /// So many words, each with its lowest byte first. They may lie across parts, which are then not put together.
    mutating func words(_ count: Int) throws(StateDamage) -> [UInt64] {
        var words: [UInt64] = []
        words.reserveCapacity(min(count, Self.wordsBelievedMax))
        while words.count < count {
            let atHand = min((bytes.count - index) / MemoryLayout<UInt64>.size, count - words.count)
            if atHand == 0 {
                words.append(try word())
            } else {
                appendWords(atHand, to: &words)
            }
        }
        return words
    }

    /// Words that memory is set aside for because a number says that they come.
    private static let wordsBelievedMax = 1 << 16

    private mutating func word() throws(StateDamage) -> UInt64 {
        var word: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { word |= UInt64(try byte()) << shift }
        return word
    }

    private mutating func appendWords(_ count: Int, to words: inout [UInt64]) {
        bytes.withUnsafeBytes { bytes in
            for offset in stride(from: index, to: index + count * 8, by: 8) {
                words.append(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            }
        }
        index += count * MemoryLayout<UInt64>.size
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

    mutating func flag() throws(StateDamage) -> Bool {
        let byte = try byte()
        guard byte <= 1 else { throw damage("no flag") }
        return byte == 1
    }

    mutating func string() throws(StateDamage) -> String {
        let length = Int(try integer(in: 0...Self.stringBytesMax))
        let value = try raw(length) { String(validating: $0, as: UTF8.self) }
        guard let value else { throw damage("not UTF-8") }
        return value
    }

    /// No text of an event is longer: lines of requests are not.
    private static let stringBytesMax: Int64 = 1 << 20

    /// A number of things. There may be fewer than it says: who believes it runs into the end.
    mutating func length() throws(StateDamage) -> Int { Int(try integer(in: 0...Self.lengthMax)) }

    private static let lengthMax: Int64 = 1 << 40

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
