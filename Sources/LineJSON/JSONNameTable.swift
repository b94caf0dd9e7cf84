/// Finds which of a fixed list of names a JSON string is, at the same small cost for any of them and for none.
///
/// Made once and kept, it takes the place of a long ladder of `equals` in a walk over the members of an object:
///
///     static let names = JSONNameTable(["org", "workspace", "calls"])
///
///     for (name, value) in object.members {
///         switch names.index(of: name) {
///         case 0: org = value
///         …
public struct JSONNameTable: Sendable {
    /// The names, each at the index by which it is found.
    public let names: [StaticString]
    /// A power of two of them, at least twice as many as names; no two names hash to the same one.
    @usableFromInline let slots: [Slot]
    @usableFromInline let multiplier: UInt64
    @usableFromInline let shift: UInt64

    @usableFromInline
    struct Slot: Sendable {
        @usableFromInline let ends: NameEnds
        /// The index of the name.
        @usableFromInline let index: Int32

        /// Found by no name, for the ends say that it is longer than any.
        static let empty = Slot(ends: .ofNothing, index: -1)
    }

    /// A table of `names`, no two of which may agree in length, first eight and last eight bytes.
    public init(_ names: [StaticString]) {
        let ends = names.map { NameEnds(of: UnsafeRawBufferPointer($0)) }
        precondition(Set(ends).count == names.count, "two names cannot be told apart by their ends")
        self.names = names
        var bits: UInt64 = 1
        while 1 << bits < names.count * 2 { bits += 1 }
        // The golden ratio's bits, well spread, are the first multiplier that is tried.
        var multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
        while true {
            for _ in 0..<JSONNameTable.attemptsPerSize {
                if let slots = JSONNameTable.slots(for: ends, multiplier: multiplier, shift: 64 - bits) {
                    (self.slots, self.multiplier, shift) = (slots, multiplier, 64 - bits)
                    return
                }
                multiplier &+= 0xD1B5_4A32_D192_ED02
            }
            bits += 1
        }
    }

    /// As many multipliers are tried before the slots are doubled.
    private static let attemptsPerSize = 64

    /// The names in their slots; nil when two of them fall into the same one.
    private static func slots(for names: [NameEnds], multiplier: UInt64, shift: UInt64) -> [Slot]? {
        var slots = Array(repeating: Slot.empty, count: 1 << (64 - shift))
        for (index, ends) in names.enumerated() {
            let slot = ends.slot(multiplier: multiplier, shift: shift)
            guard slots[slot].index < 0 else { return nil }
            slots[slot] = Slot(ends: ends, index: Int32(index))
        }
        return slots
    }

    /// Which name `name` is, compared code point by code point, however it was escaped; nil when it is none of them,
    /// or no string.
    @inlinable @inline(__always)
    public func index(of name: JSONView) -> Int? {
        guard name.isPlainString, name.token.length <= NameEnds.bytesMax + 2 else { return index(ofUnusual: name) }
        let text = name.bytesBetweenQuotes
        return slot(of: NameEnds(of: text))
    }

    /// An escaped name, or one with more than its ends.
    @usableFromInline @inline(never)
    func index(ofUnusual name: JSONView) -> Int? {
        name.withText { text in
            guard let index = slot(of: NameEnds(of: text)) else { return nil }
            return JSONView.equal(text, UnsafeRawBufferPointer(names[index])) ? index : nil
        } ?? nil
    }

    /// The index of the only name with these ends.
    @inlinable @inline(__always)
    func slot(of ends: NameEnds) -> Int? {
        // The shift leaves no more bits than there are slots.
        let slot = ends.slot(multiplier: multiplier, shift: shift)
        let found = slots.withUnsafeBufferPointer { slots in slots.baseAddress.unsafelyUnwrapped[slot] }
        return found.ends == ends ? Int(found.index) : nil
    }
}

/// Length and both ends of a name: of one that is no longer than `bytesMax`, all there is to know.
@usableFromInline
struct NameEnds: Hashable, Sendable {
    /// Names up to this length, in bytes, are equal when their ends are.
    @usableFromInline static let bytesMax: UInt32 = 16

    @usableFromInline let first: UInt64
    @usableFromInline let last: UInt64
    @usableFromInline let count: UInt32

    /// Equal to those of no name.
    static let ofNothing = NameEnds(first: 0, last: 0, count: .max)

    private init(first: UInt64, last: UInt64, count: UInt32) {
        (self.first, self.last, self.count) = (first, last, count)
    }

    @inlinable @inline(__always)
    init(of text: UnsafeRawBufferPointer) {
        let length = text.count
        count = UInt32(truncatingIfNeeded: length)
        guard length > 0 else {
            (first, last) = (0, 0)
            return
        }
        let start = text.baseAddress.unsafelyUnwrapped
        if length >= 8 {
            first = ByteScan.word(start, at: 0)
            last = ByteScan.word(start, at: length &- 8)
        } else if length >= 4 {
            first = UInt64(ByteScan.halfWord(start, at: 0))
            last = UInt64(ByteScan.halfWord(start, at: length &- 4))
        } else {
            // Of one to three bytes the first, the middle one and the last are all.
            first = UInt64(ByteScan.byte(start, at: 0)) | UInt64(ByteScan.byte(start, at: length &>> 1)) &<< 8
            last = UInt64(ByteScan.byte(start, at: length &- 1))
        }
    }

    @inlinable @inline(__always)
    static func == (left: NameEnds, right: NameEnds) -> Bool {
        left.count == right.count && left.first == right.first && left.last == right.last
    }

    @inlinable @inline(__always)
    func slot(multiplier: UInt64, shift: UInt64) -> Int {
        let mixed = (first ^ (last &<< 29 | last &>> 35)) &+ UInt64(count)
        return Int(truncatingIfNeeded: (mixed &* multiplier) &>> shift)
    }
}

extension UnsafeRawBufferPointer {
    /// The UTF-8 bytes of a literal.
    @inlinable @inline(__always)
    package init(_ text: StaticString) {
        self.init(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
