import LineProtocol
import Synchronization

/// Requests answered since the start, by method, and refusals by status. Counted from any thread without a lock.
final class RequestMetrics: Sendable {
    private let methods: [Counters]
    private let statuses: [Counter]

    private final class Counter: Sendable {
        let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
        func increment() { count.wrappingAdd(1, ordering: .relaxed) }
    }

    private struct Counters: Sendable {
        let ok = Counter()
        let refused = Counter()
    }

    /// How often one method was carried out and refused.
    struct Figures: Hashable, Sendable {
        var ok: Int
        var refused: Int
    }

    init() {
        methods = MethodCatalog.methods.map { _ in Counters() }
        statuses = StatusCode.allCases.map { _ in Counter() }
    }

    /// Counts a request: `refusal` is the status it was refused with, nil when it was carried out. `method` is nil when
    /// there is no such method, or the line was no request.
    func count(_ method: MethodID?, refusal: StatusCode?) {
        let counters = method.map { methods[$0.index] }
        guard let refusal else {
            counters?.ok.increment()
            return
        }
        counters?.refused.increment()
        statuses[refusal.number].increment()
    }

    func figures(of method: MethodID) -> Figures {
        Figures(ok: methods[method.index].ok.value, refused: methods[method.index].refused.value)
    }

    func refusals(with status: StatusCode) -> Int { statuses[status.number].value }
}
