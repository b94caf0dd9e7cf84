import LineProtocol
import Synchronization

/// Requests answered since the start, by method, and refusals by status. Counted from any thread without a lock.
final class RequestMetrics: Sendable {
    private let methods: [Counters]
    private let statuses: [Counters]

    private final class Counters: Sendable {
        let ok = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
    }

    /// How often one method was carried out and refused.
    struct Figures: Hashable, Sendable {
        var ok: Int
        var refused: Int
    }

    init() {
        methods = MethodCatalog.methods.map { _ in Counters() }
        statuses = StatusCode.allCases.map { _ in Counters() }
    }

    /// Counts a request: `refusal` is the status it was refused with, nil when it was carried out. `method` is nil when
    /// there is no such method, or the line was no request.
    func count(_ method: MethodID?, refusal: StatusCode?) {
        if let refusal {
            if let method { methods[method.index].refused.wrappingAdd(1, ordering: .relaxed) }
            statuses[refusal.number].refused.wrappingAdd(1, ordering: .relaxed)
        } else if let method {
            methods[method.index].ok.wrappingAdd(1, ordering: .relaxed)
        }
    }

    func figures(of method: MethodID) -> Figures {
        let counters = methods[method.index]
        return Figures(
            ok: counters.ok.load(ordering: .relaxed),
            refused: counters.refused.load(ordering: .relaxed)
        )
    }

    func refusals(with status: StatusCode) -> Int { statuses[status.number].refused.load(ordering: .relaxed) }
}
