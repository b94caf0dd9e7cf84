import EventSourcing

/// The next deadline of every key that has one: a binary heap that knows where each key stands.
struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private var heap: [(deadline: Timestamp, key: Key)] = []
    private var places: [Key: Int] = [:]

    /// The key whose deadline comes first.
    var first: (deadline: Timestamp, key: Key)? { heap.first }

    /// Gives the key a deadline in place of the one it had; nil takes it out.
    mutating func set(_ key: Key, to deadline: Timestamp?) {
        switch (places[key], deadline) {
        case (let place?, let deadline?):
            heap[place].deadline = deadline
            settle(place)
        case (let place?, nil):
            remove(at: place)
        case (nil, let deadline?):
            heap.append((deadline, key))
            places[key] = heap.count - 1
            settle(heap.count - 1)
        case (nil, nil):
            break
        }
    }

    private mutating func remove(at place: Int) {
        places[heap[place].key] = nil
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        places[last.key] = place
        settle(place)
    }

    private mutating func settle(_ start: Int) {
        var place = start
        while place > 0, heap[place].deadline < heap[(place - 1) / 2].deadline {
            exchange(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        while let child = earlierChild(of: place), heap[child].deadline < heap[place].deadline {
            exchange(place, child)
            place = child
        }
    }

    private func earlierChild(of place: Int) -> Int? {
        let left = place * 2 + 1
        guard left < heap.count else { return nil }
        return left + 1 < heap.count && heap[left + 1].deadline < heap[left].deadline ? left + 1 : left
    }

    private mutating func exchange(_ one: Int, _ other: Int) {
        heap.swapAt(one, other)
        places[heap[one].key] = one
        places[heap[other].key] = other
    }
}
