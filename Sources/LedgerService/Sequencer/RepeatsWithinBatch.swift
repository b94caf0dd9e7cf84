import QuotaDomain

/// Finds ids that come twice in one batch, before the first of them is in the state.
///
/// An open-addressing table by bits of the keys, which are digests. Mixed with a secret: a client can find ids whose digests
/// share a few bits, and they must not meet in one place.
struct RepeatsWithinBatch {
    private static let secret = UInt64.random(in: .min ... .max)

    private var slots: [Slot]
    private var originals: [Int: Int] = [:]

    private struct Slot {
        var key: IdempotencyKey
        var offset: Int
    }

    /// For a batch of up to `count` calls.
    init(count: Int) {
        var slotCount = 4
        while slotCount < count * 2 { slotCount *= 2 }
        let empty = Slot(key: IdempotencyKey(scopeHigh: 0, scopeLow: 0, fingerprint: 0), offset: -1)
        slots = Array(repeating: empty, count: slotCount)
    }

    var hasRepeats: Bool { !originals.isEmpty }

    func original(of offset: Int) -> Int? { originals.isEmpty ? nil : originals[offset] }

    mutating func check(_ call: CallFacts, at offset: Int) throws(Rejection) {
        guard let key = call.key else { return }
        let mixed = (key.scopeHigh ^ RepeatsWithinBatch.secret).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        var slot = Int(truncatingIfNeeded: mixed.high ^ mixed.low) & (slots.count - 1)
        while slots[slot].offset >= 0 {
            if slots[slot].key.hasScope(of: key) {
                guard slots[slot].key.fingerprint == key.fingerprint else { throw .idReused(id: nil) }
                originals[offset] = slots[slot].offset
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Slot(key: key, offset: offset)
    }
}

extension IdempotencyKey {
    fileprivate func hasScope(of other: IdempotencyKey) -> Bool {
        scopeHigh == other.scopeHigh && scopeLow == other.scopeLow
    }
}
