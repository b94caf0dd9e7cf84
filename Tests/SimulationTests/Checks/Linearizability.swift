/// A call of an object that several clients use at once, as the one who made it saw it.
struct TimedCall<Operation> {
    var operation: Operation
    var called: Int
    /// Nil where no answer came, or none that says what was done: it may take effect at any time from then on, or never.
    var returned: Int?
}

/// What an object does when its calls come one after the other.
protocol SequentialObject: Hashable {
    associatedtype Operation

    /// The object after the operation, if it can then have answered as it did; nil where it cannot.
    func after(_ operation: Operation) -> Self?
}

/// Whether some order of the calls explains all answers, in which a call that was answered before another one was made
/// comes before it: Wing and Gong's search, which remembers what it tried.
struct Linearizability<Object: SequentialObject> {
    private let calls: [TimedCall<Object.Operation>]
    private var tried: Set<Attempt> = []

    private struct Attempt: Hashable {
        /// A bit for each call that was carried out.
        var done: UInt128
        var object: Object
    }

    /// Calls in one history at most.
    static var callsMax: Int { 128 }

    static func holds(_ calls: [TimedCall<Object.Operation>], from object: Object) -> Bool {
        precondition(calls.count <= callsMax, "a history has \(callsMax) calls at most")
        var search = Linearizability(calls)
        return search.explains(after: Attempt(done: 0, object: object))
    }

    /// Those that were answered first are tried first: mostly that is how it was.
    private init(_ calls: [TimedCall<Object.Operation>]) {
        self.calls = calls.sorted { ($0.returned ?? .max, $0.called) < ($1.returned ?? .max, $1.called) }
    }

    private mutating func explains(after attempt: Attempt) -> Bool {
        guard tried.insert(attempt).inserted else { return false }
        var earliestReturn = Int.max
        for (index, call) in calls.enumerated() where attempt.done & (1 << UInt128(index)) == 0 {
            earliestReturn = min(earliestReturn, call.returned ?? .max)
        }
        // What nobody was told of need not have happened.
        if earliestReturn == .max { return true }
        for (index, call) in calls.enumerated()
        where attempt.done & (1 << UInt128(index)) == 0 && call.called < earliestReturn {
            guard let object = attempt.object.after(call.operation) else { continue }
            if explains(after: Attempt(done: attempt.done | 1 << UInt128(index), object: object)) { return true }
        }
        return false
    }
}
