/// The calls of one connection that wait for their answers.
///
/// Every request line gets exactly one answer, so a call that its caller gave up stays in the table until its answer came:
/// that answer is expected, only nobody wants it.
struct CallTable<Waiter> {
    /// What an answer means.
    enum Answered {
        case waiting(Waiter)
        case abandoned
        case unknown
    }

    private enum Entry {
        case waiting(Waiter)
        case abandoned
    }

    private var entries: [Int64: Entry] = [:]

    var count: Int { entries.count }

    mutating func add(_ id: Int64, _ waiter: Waiter) {
        entries[id] = .waiting(waiter)
    }

    /// Adds a call whose answer nobody wants.
    mutating func addAbandoned(_ id: Int64) {
        entries[id] = .abandoned
    }

    /// Gives up a call; nil when it was answered or given up before.
    mutating func abandon(_ id: Int64) -> Waiter? {
        guard case .waiting(let waiter) = entries[id] else { return nil }
        entries[id] = .abandoned
        return waiter
    }

    mutating func answer(_ id: Int64) -> Answered {
        switch entries.removeValue(forKey: id) {
        case .waiting(let waiter): .waiting(waiter)
        case .abandoned: .abandoned
        case nil: .unknown
        }
    }

    /// Empties the table and returns everybody who still waits.
    mutating func removeAll() -> [Waiter] {
        defer { entries = [:] }
        return entries.values.compactMap { entry in
            if case .waiting(let waiter) = entry { waiter } else { nil }
        }
    }
}
