import EventSourcing

/// Where each idempotency key was first used, in about 23.5 bytes a key.
///
/// Two parts: the records, in the order of their positions, and an index that says at which position to look for a key. A
/// look-up reads one place of the index and, for a key that is held, one record. What is new goes behind the other
/// records, what may be forgotten lies in front, and neither part is ever gone through as a whole.
struct IdempotencyTable: Sendable {
    private(set) var records = IdempotencyRecords()
    var index = IdempotencyIndex()

    init() {}

    init(records: IdempotencyRecords, index: IdempotencyIndex) {
        (self.records, self.index) = (records, index)
    }

    /// Keys held, those among them that may be forgotten included.
    var count: Int { index.count }
    /// Memory of the keys and of the room ready for more, in bytes.
    var bytes: Int { records.bytes + index.bytes }

    /// Where the key was first used and with which fingerprint; nil when it is not held.
    func find(_ key: IdempotencyKey) -> (position: LogPosition, fingerprint: UInt64)? {
        guard let place = place(of: key), let record = records.record(at: place.position) else { return nil }
        return (place.position, record.fingerprint)
    }

    /// Where the index has the key; nil when it is not held.
    func place(of key: IdempotencyKey) -> IdempotencyIndex.Place? {
        index.place(of: key) { position in records.record(at: position)?.rest == key.rest }
    }

    /// Holds the key from `position` on; `old` is where the index had it until now. Positions rise from call to call.
    /// `floor`: keys first used before it may be forgotten.
    mutating func hold(
        _ key: IdempotencyKey,
        at position: LogPosition,
        insteadOf old: IdempotencyIndex.Place?,
        floor: LogPosition
    ) {
        if let old { index.remove(old, of: key) }
        records.append(key, at: position, floor: floor)
        index.insert(key, at: position, floor: floor)
    }
}

extension IdempotencyKey {
    /// The bits of the fingerprint that are kept.
    var keptFingerprint: UInt64 { fingerprint & 0xffff_ffff_ffff }
    /// The bits behind the first 32, which the index knows.
    var rest: UInt64 { scopeHigh << 32 | UInt64(scopeLow) }
}
