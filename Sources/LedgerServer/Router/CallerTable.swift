import LedgerService
import LineJSON
import QuotaDomain

/// Who made the calls of a connection: callers seen before, found by the bytes of their names, and which of them the
/// burst at hand names already. Takes no memory before the first.
struct CallerTable: Sendable {
    /// Callers remembered at most; one more, and all are forgotten.
    private static let callersMax = 4_096

    private var names: KeyTable?
    // By the number that the table gives to the names.
    private var callers: [BurstCaller] = []
    /// The burst that last named the caller, and its index in it.
    private var bursts: [Int] = []
    private var indices: [Int] = []

    /// Of the burst at hand, in the order in which they were named.
    private var named: [BurstCaller] = []
    private var burst = 0
    /// The names looked for.
    private var key: [UInt8] = []

    /// The index of a caller in the burst at hand. The names must have been accepted as names.
    mutating func index(of names: CallerNames) -> Int {
        let caller = number(of: names)
        if bursts[caller] == burst { return indices[caller] }
        named.append(callers[caller])
        (bursts[caller], indices[caller]) = (burst, named.count - 1)
        return named.count - 1
    }

    subscript(index: Int) -> BurstCaller { named[index] }

    /// Hands out whom the burst names and begins the next one.
    mutating func take() -> [BurstCaller] {
        burst += 1
        defer { named = [] }
        return named
    }

    private mutating func number(of names: CallerNames) -> Int {
        if callers.count == CallerTable.callersMax { forgetAll() }
        key.removeAll(keepingCapacity: true)
        names.append(to: &key)
        var table = self.names.take() ?? KeyTable()
        let number = key.withUnsafeBytes { table.number(of: $0) }
        self.names = table
        if number == callers.count {
            callers.append(BurstCaller(names.caller))
            bursts.append(-1)
            indices.append(0)
        }
        return number
    }

    private mutating func forgetAll() {
        names = nil
        (callers, bursts, indices) = ([], [], [])
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

    /// Appends the names as they were written, quotes included, so that one ends where the next begins; a NUL byte, which
    /// JSON has nowhere, stands for one that is not there. No name is shorter than a letter in quotes: with the padding a
    /// key has the 8 bytes that `KeyTable` wants.
    fileprivate func append(to key: inout [UInt8]) {
        key.append(contentsOf: org.rawBytes)
        append(workspace, to: &key)
        append(integration, to: &key)
        while key.count < 8 { key.append(0) }
    }

    private func append(_ name: JSONView?, to key: inout [UInt8]) {
        if let name { key.append(contentsOf: name.rawBytes) } else { key.append(0) }
    }
}
