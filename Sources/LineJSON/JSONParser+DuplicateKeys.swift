/// No two members of one object may have the same name, compared after unescaping, code point by code point.
extension JSONParser {
    /// Up to this many members are compared pair by pair where a cheap summary cannot tell two names apart; more are
    /// sorted.
    private static let pairwiseMembersMax = 32

    /// Called only for objects in which the summaries of two names met: nearly never.
    @inline(never)
    func rejectDuplicateKeys(ofObjectAt object: Int, count: Int) throws(JSONError) {
        if count <= JSONParser.pairwiseMembersMax {
            try rejectDuplicateKeysPairwise(ofObjectAt: object, count: count)
        } else {
            try rejectDuplicateKeysBySorting(ofObjectAt: object, count: count)
        }
    }

    /// Only a name whose bit is taken is compared with those before it.
    private func rejectDuplicateKeysPairwise(ofObjectAt object: Int, count: Int) throws(JSONError) {
        var names = KeySummary()
        var index = object &+ 1
        for _ in 0..<count {
            let key = view(at: index)
            let start = key.offset &+ 1
            let isTaken =
                key.hasEscapes
                ? names.insertEscaped()
                : names.insert(input.start, from: start, to: start &+ key.bytesBetweenQuotes.count)
            if isTaken, isKey(at: index, amongKeysOfObjectAt: object) { throw duplicate(at: index) }
            index = Int(tokens.start[index &+ 1].next)
        }
    }

    private func isKey(at index: Int, amongKeysOfObjectAt object: Int) -> Bool {
        let key = view(at: index)
        var earlier = object &+ 1
        while earlier < index {
            if view(at: earlier).hasEqualText(key) { return true }
            earlier = Int(tokens.start[earlier &+ 1].next)
        }
        return false
    }

    private func rejectDuplicateKeysBySorting(ofObjectAt object: Int, count: Int) throws(JSONError) {
        var keys: [Int] = []
        keys.reserveCapacity(count)
        var index = object + 1
        for _ in 0..<count {
            keys.append(index)
            index = Int(tokens.start[index + 1].next)
        }
        keys.sort { view(at: $0).textPrecedes(view(at: $1)) }
        for (key, following) in zip(keys, keys.dropFirst()) where view(at: key).hasEqualText(view(at: following)) {
            throw duplicate(at: max(key, following))
        }
    }

    private func view(at index: Int) -> JSONView {
        JSONView(tokens: UnsafePointer(tokens.start), input: input.start, index: index)
    }

    private func duplicate(at index: Int) -> JSONError {
        JSONError(offset: Int(tokens.start[index].offset), reason: .duplicateKey)
    }
}

/// One bit for each name of an object, gathered while it is read: as long as no bit is taken twice, no name is.
struct KeySummary {
    private var taken: UInt64 = 0
    private var takenTwice: UInt64 = 0

    /// Whether two names may be the same.
    var mayRepeat: Bool { takenTwice != 0 }

    /// Notes a name that stands unescaped from `start` to `stop`. Returns whether one before it may be the same.
    @inline(__always) @discardableResult
    mutating func insert(_ input: UnsafeRawPointer, from start: Int, to stop: Int) -> Bool {
        // One of 64 bits, chosen by length, first, middle and last byte. Of an empty name these are its quotes. The
        // factors were searched for: with them the names of none of our own lines meet.
        let length = stop &- start
        let first = UInt64(ByteScan.byte(input, at: start))
        let middle = UInt64(ByteScan.byte(input, at: start &+ length &>> 1))
        let last = UInt64(ByteScan.byte(input, at: stop &- 1))
        return insert(bits: 1 &<< (first &+ middle &* 5 &+ last &* 10 &+ UInt64(truncatingIfNeeded: length) &* 9))
    }

    /// Notes a name with escapes: it may equal others of any length and takes all bits.
    @inline(__always) @discardableResult
    mutating func insertEscaped() -> Bool { insert(bits: .max) }

    @inline(__always)
    private mutating func insert(bits: UInt64) -> Bool {
        let met = taken & bits
        taken |= bits
        takenTwice |= met
        return met != 0
    }
}
