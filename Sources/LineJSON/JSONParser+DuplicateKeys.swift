/// No two members of one object may have the same name, compared after unescaping, code point by code point.
extension JSONParser {
    /// Up to this many members are compared pair by pair where a cheap summary cannot tell two names apart; more are
    /// sorted.
    private static let pairwiseMembersMax = 32

    /// Called only for objects, complete ones, in which the summaries of two names met: nearly never.
    @inline(never)
    func rejectDuplicateKeys(ofObjectAt index: Int) throws(JSONError) {
        let object = JSONView(at: UnsafePointer(tokens.start + index), of: input.start)
        if object.count <= JSONParser.pairwiseMembersMax {
            try rejectDuplicateKeysPairwise(of: object)
        } else {
            try rejectDuplicateKeysBySorting(of: object)
        }
    }

    /// Only a name whose bit is taken is compared with those before it.
    private func rejectDuplicateKeysPairwise(of object: JSONView) throws(JSONError) {
        var names = KeySummary()
        for (key, _) in object.members {
            let start = key.offset &+ 1
            let isTaken =
                key.hasEscapes
                ? names.insertEscaped()
                : names.insert(input.start, from: start, to: start &+ key.bytesBetweenQuotes.count)
            if isTaken, isRepeated(key, of: object) { throw duplicate(key) }
        }
    }

    /// Whether a member before that of this name has the same one.
    private func isRepeated(_ key: JSONView, of object: JSONView) -> Bool {
        for (earlier, _) in object.members {
            if earlier.offset == key.offset { return false }
            if earlier.hasEqualText(key) { return true }
        }
        return false
    }

    private func rejectDuplicateKeysBySorting(of object: JSONView) throws(JSONError) {
        let keys = object.members.map(\.key).sorted { $0.textPrecedes($1) }
        for (key, following) in zip(keys, keys.dropFirst()) where key.hasEqualText(following) {
            throw duplicate(key.offset < following.offset ? following : key)
        }
    }

    private func duplicate(_ key: JSONView) -> JSONError {
        JSONError(offset: key.offset, reason: .duplicateKey)
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
