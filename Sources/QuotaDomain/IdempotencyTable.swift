import EventSourcing

/// Where each idempotency key was first used, in about 23 bytes a key.
///
/// The first 16 bits of a key say which of 65,536 segments it lies in. A segment is small, so that no growth and no copy
/// takes long: nothing is ever done to the table as a whole. The segments in turn lie in groups of 256, so that the first
/// write after a copy of the table copies two short lists and one segment, and shares everything else with the copy.
struct IdempotencyTable: Sendable {
    private var groups = [[IdempotencySegment]](repeating: [], count: groupsMax)
    /// Keys held, those among them that may be forgotten included.
    private(set) var count = 0
    /// Memory of the keys and of the room ready for more, in bytes.
    private(set) var bytes = 0

    private static let groupsMax = 256
    private static let segmentsPerGroup = 256
    static let segmentsMax = groupsMax * segmentsPerGroup
}

extension IdempotencyTable {
    /// Where the key was first used and with which fingerprint; nil when it is not held.
    func find(_ key: IdempotencyKey) -> (position: LogPosition, fingerprint: UInt64)? {
        let place = Place(of: key)
        guard !groups[place.group].isEmpty else { return nil }
        return groups[place.group][place.segment].find(key).map { ($0.position, $0.fingerprint) }
    }

    /// Holds the key from `position` on, unless it is held and was first used at `since` or later. Positions rise from
    /// call to call. `floor`: keys first used before it may be forgotten.
    mutating func hold(
        _ key: IdempotencyKey,
        at position: LogPosition,
        unlessSince since: LogPosition,
        floor: LogPosition
    ) {
        let place = Place(of: key)
        change(place) { $0.hold(key, at: position, unlessSince: since, floor: floor) }
    }

    /// The segments that hold anything first used at `floor` or later, with their numbers in rising order.
    func forEachSegment(from floor: LogPosition, _ body: (_ number: Int, IdempotencySegment) -> Void) {
        for (group, segments) in groups.enumerated() {
            for (index, segment) in segments.enumerated() {
                let kept = segment.keeping(from: floor)
                if kept.count > 0 { body(group * Self.segmentsPerGroup + index, kept) }
            }
        }
    }

    /// Takes in a segment as `forEachSegment` gives it, in place of an empty one.
    mutating func fill(_ number: Int, with segment: IdempotencySegment) {
        change(Place(number)) { $0 = segment }
    }

    private mutating func change(_ place: Place, _ body: (inout IdempotencySegment) -> Void) {
        if groups[place.group].isEmpty {
            groups[place.group] = Array(repeating: IdempotencySegment(), count: Self.segmentsPerGroup)
        }
        count -= groups[place.group][place.segment].count
        bytes -= groups[place.group][place.segment].bytes
        body(&groups[place.group][place.segment])
        count += groups[place.group][place.segment].count
        bytes += groups[place.group][place.segment].bytes
    }

    /// A group, and a segment in it.
    private struct Place {
        var group: Int
        var segment: Int

        init(_ number: Int) {
            (group, segment) = number.quotientAndRemainder(dividingBy: IdempotencyTable.segmentsPerGroup)
        }

        init(of key: IdempotencyKey) {
            self.init(Int(key.scopeHigh >> 48))
        }
    }
}
