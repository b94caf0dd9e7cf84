import QuotaDomain

/// Finds ids that come twice in one batch, before the first of them is in the state.
///
/// Keys are digests, spread evenly by nature: their own bits are the place in an open-addressing table.
struct RepeatsWithinBatch {
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
        var slot = Int(truncatingIfNeeded: key.scopeHigh) & (slots.count - 1)
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
