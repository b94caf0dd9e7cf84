import Foundation
import LedgerService
import LineJSON
import QuotaDomain

/// Who made the calls of a connection: callers seen before, found by the bytes of their names, and which of them the
/// burst at hand names already.
///
/// An open-addressing table that grows with the callers a connection talks about, and takes no memory before the first.
struct CallerTable: Sendable {
    /// Callers remembered at most; one more, and all are forgotten but those of the burst at hand.
    private static let callersMax = 4_096
    private static let placesMin = 32

    // The parts of the callers, each in an array of its own: finding one touches no reference count.
    private var hashes: [Int] = []
    private var keys: [[UInt8]] = []
    private var callers: [BurstCaller] = []
    /// The burst that last named the caller, and its index in it.
    private var bursts: [Int] = []
    private var indices: [Int] = []
    /// The caller in each place of the table; -1 where there is none.
    private var places: [Int] = []

    /// Of the burst at hand, in the order in which they were named.
    private var named: [BurstCaller] = []
    private var burst = 0

    /// The index of a caller in the burst at hand. The names must have been accepted as names.
    mutating func index(of names: CallerNames) -> Int {
        let known = entry(of: names)
        if bursts[known] == burst { return indices[known] }
        named.append(callers[known])
        (bursts[known], indices[known]) = (burst, named.count - 1)
        return named.count - 1
    }

    subscript(index: Int) -> BurstCaller { named[index] }

    /// Hands out whom the burst names and begins the next one.
    mutating func take() -> [BurstCaller] {
        burst += 1
        defer { named = [] }
        return named
    }

    private mutating func entry(of names: CallerNames) -> Int {
        let hash = names.hash
        if !places.isEmpty {
            var place = hash & (places.count - 1)
            while places[place] >= 0 {
                let entry = places[place]
                if hashes[entry] == hash, names.match(keys[entry]) { return entry }
                place = (place + 1) & (places.count - 1)
            }
        }
        return add(names, hash)
    }

    private mutating func add(_ names: CallerNames, _ hash: Int) -> Int {
        if callers.count == CallerTable.callersMax { forgetAll() }
        hashes.append(hash)
        keys.append(names.key)
        callers.append(BurstCaller(names.caller))
        bursts.append(-1)
        indices.append(0)
        if callers.count * 2 > places.count { spread() } else { settle(callers.count - 1) }
        return callers.count - 1
    }

    private mutating func forgetAll() {
        (hashes, keys, callers, bursts, indices, places) = ([], [], [], [], [], [])
    }

    /// Twice as many places, so that at most half of them are taken.
    private mutating func spread() {
        places = Array(repeating: -1, count: max(CallerTable.placesMin, places.count * 2))
        for entry in hashes.indices { settle(entry) }
    }

    private mutating func settle(_ entry: Int) {
        var place = hashes[entry] & (places.count - 1)
        while places[place] >= 0 { place = (place + 1) & (places.count - 1) }
        places[place] = entry
    }
}

/// The names of a caller as they stand in a request. Valid as long as the request is.
struct CallerNames {
    var org: JSONView
    var workspace: JSONView?
    var integration: JSONView?

    var caller: Caller {
        Caller(org: org.string() ?? "", workspace: workspace?.string(), integration: integration?.string())
    }

    /// The names as they were written, quotes included, so that one ends where the next begins; a NUL byte, which JSON
    /// has nowhere, stands for one that is not there.
    fileprivate var key: [UInt8] {
        var key = Array(org.rawBytes)
        for name in [workspace, integration] {
            if let name { key.append(contentsOf: name.rawBytes) } else { key.append(0) }
        }
        return key
    }

    fileprivate var hash: Int {
        var fingerprint = Fingerprint()
        fingerprint.combine(org.rawBytes)
        // An empty piece where there is no name: the same name as a workspace and as an integration must not meet.
        fingerprint.combine(workspace?.rawBytes ?? UnsafeRawBufferPointer(start: nil, count: 0))
        if let integration { fingerprint.combine(integration.rawBytes) }
        return Int(fingerprint.value >> 8)
    }

    fileprivate func match(_ key: [UInt8]) -> Bool {
        key.withUnsafeBytes { key in
            var rest = key
            return rest.removePrefix(org) && rest.removePrefix(workspace) && rest.removePrefix(integration)
                && rest.isEmpty
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate mutating func removePrefix(_ name: JSONView?) -> Bool {
        guard let name else { return removePrefix(byte: 0) }
        let bytes = name.rawBytes
        guard count >= bytes.count, let start = baseAddress, let other = bytes.baseAddress,
            memcmp(start, other, bytes.count) == 0
        else { return false }
        self = UnsafeRawBufferPointer(rebasing: self[bytes.count...])
        return true
    }

    private mutating func removePrefix(byte: UInt8) -> Bool {
        guard first == byte else { return false }
        self = UnsafeRawBufferPointer(rebasing: self[1...])
        return true
    }
}
