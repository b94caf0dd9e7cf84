import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain

/// Collects what a connection read until it is handed to the sequencer as one burst.
struct BurstBuilder: Sendable {
    private(set) var items: [Burst.Item] = []
    private var calls: [Burst.CallRecord] = []
    /// The `data` objects of the calls, each on a line of its own.
    private var callData = JSONWriter()

    var isEmpty: Bool { items.isEmpty }

    /// Adds what a request asks for.
    mutating func append(_ work: Burst.Work, deadline: Timestamp? = nil) {
        items.append(Burst.Item(work, deadline: deadline))
    }

    /// Hands out what was collected and begins anew.
    mutating func take(deliver: @escaping @Sendable ([Burst.Outcome]) -> Void) -> Burst {
        defer { self = BurstBuilder() }
        return Burst(items: items, calls: calls, callData: callData.take(), deliver: deliver)
    }

    // MARK: Calls

    var callCount: Int { calls.count }

    mutating func append(_ call: Call, details: CallDetails) {
        var call = call
        let start = callData.count
        CallData.append(&call, details: details, to: &callData)
        calls.append(Burst.CallRecord(call: call, data: start..<callData.count))
        // The next object begins a text of its own: no comma is written before it.
        callData.endLine()
    }

    /// Takes back the calls from `count` on, of a request that was refused half-way. Their bytes stay unused.
    mutating func removeCalls(from count: Int) {
        calls.removeSubrange(count...)
    }
}
