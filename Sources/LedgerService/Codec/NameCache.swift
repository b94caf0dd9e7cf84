package import LineJSON

/// Names seen before, found by their bytes, so that a name that comes with every call is made a String once.
package struct NameCache: Sendable {
    /// More names than this in one place are made anew every time they come: a bound on memory, not on names.
    private static let slotsMax = 4_096

    private var slots: [String?]

    package init() {
        slots = Array(repeating: nil, count: NameCache.slotsMax)
    }

    /// The text of a JSON string; nil when the value is none.
    package mutating func name(_ view: JSONView) -> String? {
        view.withText { name($0) }
    }

    package mutating func name(_ text: UnsafeRawBufferPointer) -> String {
        let slot = NameCache.slot(of: text)
        if let known = slots[slot], known.hasBytes(text) { return known }
        let name = String(decoding: text, as: UTF8.self)
        slots[slot] = name
        return name
    }

    private static func slot(of text: UnsafeRawBufferPointer) -> Int {
        var hash: UInt32 = 0x811C_9DC5
        for byte in text { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return Int(hash ^ hash >> 16) & (slotsMax - 1)
    }
}

extension String {
    fileprivate func hasBytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        utf8.count == bytes.count && utf8.elementsEqual(bytes)
    }
}
