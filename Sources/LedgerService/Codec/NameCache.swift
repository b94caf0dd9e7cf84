package import LineJSON

/// Names seen before, found by their bytes, so that a name that comes with every call is made a String once.
package struct NameCache: Sendable {
    /// Enough for the names of a whole log.
    package static let slotsOfLog = 4_096
    private var slots: [String?]

    /// A name that falls into the slot of another one takes its place: `slots`, a power of two, bounds memory, not
    /// names.
    package init(slots: Int = NameCache.slotsOfLog) {
        precondition(slots > 0 && slots & (slots - 1) == 0, "a power of two")
        self.slots = Array(repeating: nil, count: slots)
    }

    /// The text of a JSON string; nil when the value is none.
    package mutating func name(_ view: JSONView) -> String? {
        view.withText { name($0) }
    }

    package mutating func name(_ text: UnsafeRawBufferPointer) -> String {
        let slot = NameCache.hash(of: text) & (slots.count - 1)
        if let known = slots[slot], known.hasBytes(text) { return known }
        let name = String(decoding: text, as: UTF8.self)
        slots[slot] = name
        return name
    }

    private static func hash(of text: UnsafeRawBufferPointer) -> Int {
        var hash: UInt32 = 0x811C_9DC5
        for byte in text { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return Int(hash ^ hash >> 16)
    }
}

extension String {
    fileprivate func hasBytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        utf8.count == bytes.count && utf8.elementsEqual(bytes)
    }
}
