import LineJSON

/// A method's place in the catalog.
struct MethodID: Hashable, Sendable {
    let index: Int

    var method: Method { MethodCatalog.methods[index] }
}

/// Finds methods by the bytes of their names.
struct MethodTable: Sendable {
    /// Four times as many slots as methods: most names are found at the first look.
    private let slots: [Entry?]
    private let mask: Int

    private struct Entry: Sendable {
        let name: StaticString
        let method: MethodID
    }

    init(_ methods: [Method]) {
        var count = 64
        while count < methods.count * 4 { count *= 2 }
        var slots: [Entry?] = Array(repeating: nil, count: count)
        for (index, method) in methods.enumerated() {
            let name = method.definition.name
            var slot = name.withUTF8Buffer { MethodTable.hash(UnsafeRawBufferPointer($0)) } & (count - 1)
            while slots[slot] != nil { slot = (slot + 1) & (count - 1) }
            slots[slot] = Entry(name: name, method: MethodID(index: index))
        }
        self.slots = slots
        mask = count - 1
    }

    /// Nil when there is no such method.
    func find(_ name: JSONView) -> MethodID? {
        guard var slot = name.withText({ MethodTable.hash($0) }) else { return nil }
        while let entry = slots[slot & mask] {
            if name.equals(entry.name) { return entry.method }
            slot += 1
        }
        return nil
    }

    /// FNV-1a over the length and what tells most names apart: the last bytes.
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hash = UInt32(truncatingIfNeeded: name.count) ^ 0x811C_9DC5
        for byte in name.suffix(hashedBytes) { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return Int(hash ^ hash >> 16)
    }

    private static let hashedBytes = 12
}
