/// The requests of one connection that wait for their answers: a fixed number of slots, found by a request's id.
struct InFlight: Sendable {
    private struct Slot {
        /// Of the request that has the slot now, or had it last.
        var id: Int64
        /// nil while the slot is free.
        var sentAt: UInt64?
    }

    private var slots: [Slot]
    private var free: [Int]
    /// Ids of one slot are so far apart; a power of two, so that an id leads to its slot without dividing.
    private let stride: Int64

    init(max: Int) {
        stride = Int64(1) << (Int.bitWidth - (max - 1).leadingZeroBitCount)
        slots = (0..<max).map { Slot(id: Int64($0), sentAt: nil) }
        free = Array((0..<max).reversed())
    }

    /// Requests that can be sent now.
    var freeCount: Int { free.count }
    var isEmpty: Bool { free.count == slots.count }

    /// The id of one more request; nil when there are as many as there may be.
    @inline(__always)
    mutating func begin(at now: UInt64) -> Int64? {
        guard let index = free.popLast() else { return nil }
        slots[index].id &+= stride
        slots[index].sentAt = now
        return slots[index].id
    }

    /// When the request was sent; nil when no such request waits for an answer.
    @inline(__always)
    mutating func end(_ id: Int64) -> UInt64? {
        let index = Int(truncatingIfNeeded: id & (stride &- 1))
        guard index < slots.count, slots[index].id == id, let sentAt = slots[index].sentAt else { return nil }
        slots[index].sentAt = nil
        free.append(index)
        return sentAt
    }
}
