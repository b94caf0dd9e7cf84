import Dispatch
import LedgerService
import QuotaDomain

/// Holds the sequencer at a question until it is let go: what is asked meanwhile is under way.
final class SequencerHold: Sendable {
    private let isReached = DispatchSemaphore(value: 0)
    private let mayGo = DispatchSemaphore(value: 0)

    init(_ service: LedgerService) {
        let question = Burst.Work.query { [isReached, mayGo] _, _ throws(Rejection) in
            isReached.signal()
            mayGo.wait()
            return []
        }
        service.submit(Burst(items: [Burst.Item(question)]) { _ in })
        isReached.wait()
    }

    func letGo() { mayGo.signal() }
}
