import Foundation

/// Numbers byte strings in the order in which they first appear: 0, 1, 2 …
///
/// The keys stand behind each other in one array and are found by open addressing, so to find a known key allocates
/// nothing and makes no String. An empty table takes no memory.
package struct KeyTable: Sendable {
    private static let slotsAtFirst = 256
    /// Odd and without pattern: the golden ratio's fraction.
    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Upper half: that of the key's hash. Lower half: the key's number plus 1; 0 when the slot is free. A power of two
    /// of them, at most half in use.
    private var slots: [UInt64] = []
    /// Where each key ends in `bytes`; it begins where the one before ends.
    private var ends: [Int] = []
    private var bytes: [UInt8] = []
    /// Keys hold what clients say: without a secret they could choose keys that collide.
    private let seed = UInt64.random(in: .min ... .max)

    package init() {}

    /// How many keys there are.
    package var count: Int { ends.count }
    /// About the memory that the keys take, in bytes.
    package var byteCount: Int { bytes.count + ends.count * 3 * MemoryLayout<UInt64>.stride }

    /// The number of a key of at least 8 bytes; it is `count` as it was before when the key is new.
    package mutating func number(of key: UnsafeRawBufferPointer) -> Int {
        let hash = hash(of: key)
        return find(key, hash) ?? add(key, hash)
    }

    private func find(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> Int? {
        guard !slots.isEmpty else { return nil }
        return slots.withUnsafeBufferPointer { slots in
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] != 0 {
                let number = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF) - 1
                if slots[slot] >> 32 == hash >> 32 && isKey(number, key) { return number }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    private mutating func add(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> Int {
        if (ends.count + 1) * 2 > slots.count { grow() }
        bytes.append(contentsOf: key)
        ends.append(bytes.count)
        KeyTable.enter(hash, number: ends.count - 1, into: &slots)
        return ends.count - 1
    }

    /// Lends every key, in the order of the numbers.
    package func forEach(_ body: (Int, UnsafeRawBufferPointer) throws -> Void) rethrows {
        for number in ends.indices { try withKey(number) { try body(number, $0) } }
    }

    /// Lends the key of a number.
    package func withKey<Result>(_ number: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range(of: number)])) }
    }

    /// The numbers in the order of their keys, byte by byte.
    package func numbersInOrder() -> [Int] {
        bytes.withUnsafeBytes { bytes in
            ends.indices.sorted { left, right in
                let (left, right) = (bytes[range(of: left)], bytes[range(of: right)])
                guard let one = left.base.baseAddress else { return false }
                let shorter = min(left.count, right.count)
                let order = memcmp(one + left.startIndex, one + right.startIndex, shorter)
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }

    /// Forgets the keys and keeps their memory.
    package mutating func removeAll() {
        for slot in slots.indices { slots[slot] = 0 }
        ends.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    private func range(of number: Int) -> Range<Int> {
        (number == 0 ? 0 : ends[number - 1])..<ends[number]
    }

    private func isKey(_ number: Int, _ key: UnsafeRawBufferPointer) -> Bool {
        let range = range(of: number)
        guard range.count == key.count, let key = key.baseAddress else { return false }
        return bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp($0 + range.lowerBound, key, range.count) == 0 } ?? false
        }
    }

    private mutating func grow() {
        var larger = [UInt64](repeating: 0, count: max(slots.count * 2, KeyTable.slotsAtFirst))
        forEach { number, key in KeyTable.enter(hash(of: key), number: number, into: &larger) }
        slots = larger
    }

    /// Puts a key's entry into the first free slot from its hash on.
    private static func enter(_ hash: UInt64, number: Int, into slots: inout [UInt64]) {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = hash & ~0xFFFF_FFFF | UInt64(number + 1)
    }

    /// Eight bytes at a time; the last eight overlap those before.
    private func hash(of key: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: key.count)
        let last = key.count - 8
        var offset = 0
        while offset < last {
            hash = KeyTable.mixed(hash ^ key.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        return KeyTable.mixed(hash ^ key.loadUnaligned(fromByteOffset: last, as: UInt64.self))
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: multiplier)
        return product.high ^ product.low
    }
}
