import QuotaDomain

/// Finds ids that come twice in one batch, before the first of them is in the state.
struct RepeatsWithinBatch {
    private let isNeeded: Bool
    private var seen: [IdempotencyKey: Int] = [:]
    private var fingerprints: [IdempotencyKey: UInt64] = [:]
    private var originals: [Int: Int] = [:]

    init(isNeeded: Bool) {
        self.isNeeded = isNeeded
    }

    var hasRepeats: Bool { !originals.isEmpty }

    func original(of offset: Int) -> Int? { originals.isEmpty ? nil : originals[offset] }

    mutating func check(_ call: Call, at offset: Int, _ admission: Admission) throws(Rejection) -> Admission {
        guard isNeeded, let key = call.key else { return admission }
        var scope = key
        scope.fingerprint = 0
        guard let earlier = seen[scope] else {
            seen[scope] = offset
            fingerprints[scope] = key.fingerprint
            return admission
        }
        guard fingerprints[scope] == key.fingerprint else { throw .idReused(id: nil) }
        originals[offset] = earlier
        return admission
    }
}
