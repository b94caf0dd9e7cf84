import Dispatch
import EventSourcing
import LedgerService
import NIOCore
import Synchronization

/// Runs what reads or writes files away from the event loops.
final class FileReading: Sendable {
    private let queue = DispatchQueue(label: "ledgerline.files", qos: .userInitiated, attributes: .concurrent)
    /// Work that runs at once; the rest waits, so that a burst of expensive questions does not start a thread for each.
    private static let runningMax = 4
    private let slots = DispatchSemaphore(value: FileReading.runningMax)
    private let gate = DispatchQueue(label: "ledgerline.files.gate")
    private let unfinished = Atomic<Int>(0)
    private let unfinishedMax: Int

    /// `unfinishedMax`: what runs and waits; one more is refused.
    init(unfinishedMax: Int) {
        self.unfinishedMax = unfinishedMax
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
        gate.async { [self] in
            slots.wait()
            queue.async { [self] in
                promise.completeWith(Swift.Result { try body() })
                unfinished.wrappingSubtract(1, ordering: .relaxed)
                slots.signal()
            }
        }
        return promise.futureResult
    }

    /// What is asked for takes milliseconds or minutes: nobody can tell.
    private static let retryAfter = TimeSpan(milliseconds: 1_000)
}
