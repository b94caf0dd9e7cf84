import LedgerService
import LineJSON
import QuotaDomain
import SQLiteEventLog

/// Who made the calls of a connection: callers seen before, found by the bytes of their names, and which of them the
/// burst at hand names already. Takes no memory before the first.
struct CallerTable: Sendable {
    /// Callers remembered at most; one more, and all are forgotten.
    private static let callersMax = 4_096

    private var names = KeyTable()
    // By the number that the table gives to the names.
    private var callers: [BurstCaller] = []
    private var mentions: [Mention] = []

    /// Of the burst at hand, in the order in which they were named.
    private var named: [BurstCaller] = []
    private var burst = 0
    /// The names looked for.
    private var key: [UInt8] = []

    /// The burst that last named a caller, and the caller's index in it.
    private struct Mention {
        var burst: Int
        var index: Int
    }

    /// The index of a caller in the burst at hand. The names must have been accepted as names.
    mutating func index(of names: CallerNames) -> Int {
        if callers.count == CallerTable.callersMax { forgetAll() }
        names.write(to: &key)
        let number = key.withUnsafeBytes { key in self.names.number(of: key) }
        if number == callers.count { add(BurstCaller(names.caller)) }
        let mention = mentions[number]
        if mention.burst == burst { return mention.index }
        named.append(callers[number])
        mentions[number] = Mention(burst: burst, index: named.count - 1)
        return named.count - 1
    }

    subscript(index: Int) -> BurstCaller { named[index] }

    /// Hands out whom the burst names and begins the next one.
    mutating func take() -> [BurstCaller] {
        burst += 1
        defer { named = [] }
        return named
    }

    private mutating func add(_ caller: BurstCaller) {
        callers.append(caller)
        mentions.append(Mention(burst: -1, index: 0))
    }

    private mutating func forgetAll() {
        names = KeyTable()
        (callers, mentions) = ([], [])
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

    /// Writes the names into `key` as they were written, quotes included, so that one ends where the next begins; a NUL
    /// byte, which JSON has nowhere, stands for one that is not there. No name is shorter than a letter in quotes: with
    /// the padding a key has the 8 bytes that `KeyTable` wants.
    fileprivate func write(to key: inout [UInt8]) {
        let (org, workspace, integration) = (org.rawBytes, workspace?.rawBytes, integration?.rawBytes)
        key.removeAll(keepingCapacity: true)
        key.append(upTo: org.count + (workspace?.count ?? 1) + (integration?.count ?? 1) + 8) { memory in
            var end = memory.store(org, at: 0)
            end = CallerNames.store(workspace, to: memory, at: end)
            end = CallerNames.store(integration, to: memory, at: end)
            memory.storeBytes(of: 0, toByteOffset: end, as: UInt64.self)
            return max(end, 8)
        }
    }

    @inline(__always)
    private static func store(
        _ name: UnsafeRawBufferPointer?,
        to memory: UnsafeMutableRawPointer,
        at offset: Int
    ) -> Int {
        if let name { return memory.store(name, at: offset) }
        memory.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        return offset + 1
    }
}
