/// No two members of one object may have the same name, compared after unescaping, code point by code point.
extension JSONParser {
    /// Up to this many members are compared pair by pair where a cheap summary cannot tell two names apart; more are
    /// sorted.
    private static let pairwiseMembersMax = 32

    @inline(__always)
    func rejectDuplicateKeys(ofObjectAt object: Int, count: Int) throws(JSONError) {
        if count <= JSONParser.pairwiseMembersMax {
            try rejectDuplicateKeysPairwise(ofObjectAt: object, count: count)
        } else {
            try rejectDuplicateKeysBySorting(ofObjectAt: object, count: count)
        }
    }

    /// Notes one bit per name; only a name whose bit is taken is compared with those before it.
    private func rejectDuplicateKeysPairwise(ofObjectAt object: Int, count: Int) throws(JSONError) {
        var taken: UInt64 = 0
        var index = object &+ 1
        for _ in 0..<count {
            let bit = summaryBit(ofKeyAt: index)
            if taken & bit != 0, isKey(at: index, amongKeysOfObjectAt: object) { throw duplicate(at: index) }
            taken |= bit
            index = Int(tokens.start[index &+ 1].next)
        }
    }

    /// One of 64 bits, chosen by length, first and last byte. Escaped names may equal others of any length: they take
    /// all.
    @inline(__always)
    private func summaryBit(ofKeyAt index: Int) -> UInt64 {
        let token = tokens.start[index]
        guard !token.mark else { return .max }
        let offset = Int(token.offset)
        let first = UInt32(ByteScan.byte(input, at: offset &+ 1))
        let last = UInt32(ByteScan.byte(input, at: offset &+ Int(token.length) &- 2))
        return 1 &<< UInt64((first &* 5 &+ last &* 11 &+ token.length &* 3) & 63)
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

    @inline(never)
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
        JSONView(tokens: UnsafePointer(tokens.start), input: input, index: index)
    }

    private func duplicate(at index: Int) -> JSONError {
        JSONError(offset: Int(tokens.start[index].offset), reason: .duplicateKey)
    }
}
