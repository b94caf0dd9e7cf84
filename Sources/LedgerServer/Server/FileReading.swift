import Dispatch
import EventSourcing
import LedgerService
import NIOCore
import Synchronization

/// Runs what reads or writes files away from the event loops.
final class FileReading: Sendable {
    private let run: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let unfinished = Atomic<Int>(0)
    private let unfinishedMax: Int

    /// Work that runs at once, hashing large pages on all cores; the rest waits, so that a burst of expensive questions does
    /// not start a thread for each.
    private static let runningMax = 4

    /// On threads of its own. `unfinishedMax`: what runs and waits; one more is refused.
    convenience init(unfinishedMax: Int) {
        let queue = DispatchQueue(label: "ledgerline.files", qos: .userInitiated, attributes: .concurrent)
        let slots = DispatchSemaphore(value: FileReading.runningMax)
        let gate = DispatchQueue(label: "ledgerline.files.gate")
        self.init(unfinishedMax: unfinishedMax) { work in
            gate.async {
                slots.wait()
                queue.async {
                    work()
                    slots.signal()
                }
            }
        }
    }

    /// Where and when `run` says.
    init(unfinishedMax: Int, run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.unfinishedMax = unfinishedMax
        self.run = run
    }

    /// The result comes back on `loop`. Fails with `ServiceError.overloaded` when too much waits already.
    func read<Result: Sendable>(
        on loop: any EventLoop,
        _ body: @escaping @Sendable () throws -> Result
    ) -> EventLoopFuture<Result> {
        guard unfinished.wrappingAdd(1, ordering: .relaxed).newValue <= unfinishedMax else {
            unfinished.wrappingSubtract(1, ordering: .relaxed)
            return loop.makeFailedFuture(ServiceError.overloaded(retryAfter: FileReading.retryAfter))
        }
        let promise = loop.makePromise(of: Result.self)
        run { [self] in
            promise.completeWith(Swift.Result { try body() })
            unfinished.wrappingSubtract(1, ordering: .relaxed)
        }
        return promise.futureResult
    }

    /// What is asked for takes milliseconds or minutes: nobody can tell.
    private static let retryAfter = TimeSpan(milliseconds: 1_000)
}
