import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain

/// Collects what a connection read until it is handed to the sequencer as one burst.
struct BurstBuilder: Sendable {
    private(set) var items: [Burst.Item] = []
    private var calls: [Burst.CallRecord] = []
    private var callers = CallerTable()
    /// The `data` objects of the calls, each on a line of its own.
    private var callData = JSONWriter()
    private var requestBytes = 0

    /// Counts a line that is read into the burst.
    mutating func countRequest(bytes: Int) {
        requestBytes += bytes
    }

    /// Adds what a request asks for.
    mutating func append(_ work: Burst.Work, deadline: Timestamp? = nil) {
        items.append(Burst.Item(work, deadline: deadline))
    }

    /// Hands out what was collected and begins anew.
    mutating func take(deliver: @escaping @Sendable ([Burst.Outcome]) -> Void) -> Burst {
        let burst = Burst(
            items: items,
            calls: calls,
            callers: callers.take(),
            callData: callData.take(),
            requestBytes: requestBytes,
            deliver: deliver
        )
        requestBytes = 0
        // The next burst is likely to be as large; but memory for a huge one is not kept while nothing comes.
        items = []
        items.reserveCapacity(min(burst.items.count, BurstBuilder.keptRequestsMax))
        calls = []
        calls.reserveCapacity(min(burst.calls.count, BurstBuilder.keptRequestsMax))
        callData.reserveCapacity(min(burst.callData.count, BurstBuilder.keptBytesMax))
        return burst
    }

    private static let keptRequestsMax = 256
    private static let keptBytesMax = 64 << 10

    // MARK: Calls

    var callCount: Int { calls.count }

    /// The names must have been accepted as names.
    mutating func append(_ call: CallFacts, by names: CallerNames, details: CallDetails) {
        var call = call
        let caller = callers.index(of: names)
        let start = callData.count
        CallData.append(&call, from: callers[caller].origin, details: details, to: &callData)
        calls.append(Burst.CallRecord(call, caller: caller, data: start..<callData.count))
        // The next object begins a text of its own: no comma is written before it.
        callData.endLine()
    }

    /// The first of some calls whose caller is as asked for: its index among them, and who made it. Calls that follow each
    /// other mostly have the same caller, who is looked at once.
    borrowing func firstCall(in range: Range<Int>, where isWanted: (Caller) -> Bool) -> (index: Int, caller: Caller)? {
        var passed: Int?
        for (index, call) in calls[range].enumerated() where call.caller != passed {
            let caller = callers[call.caller].caller
            if isWanted(caller) { return (index, caller) }
            passed = call.caller
        }
        return nil
    }

    /// Takes back the calls from `count` on, of a request that was refused half-way. Their bytes go unused with the burst.
    mutating func removeCalls(from count: Int) {
        calls.removeSubrange(count...)
    }

    /// Lets go of what refused requests left behind, when there is no burst for it to go with.
    mutating func discardRefused() {
        guard items.isEmpty else { return }
        requestBytes = 0
        if callData.count > 0 { _ = take { _ in } }
    }
}
