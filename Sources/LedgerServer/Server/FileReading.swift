import Dispatch
import NIOCore

/// Runs what reads or writes files away from the event loops.
struct FileReading: Sendable {
    private let queue = DispatchQueue(label: "ledgerline.files", qos: .userInitiated, attributes: .concurrent)
    /// Work that runs at once; the rest waits, so that a burst of expensive questions does not start a thread for each.
    private static let runningMax = 4
    private let slots = DispatchSemaphore(value: FileReading.runningMax)
    private let gate = DispatchQueue(label: "ledgerline.files.gate")

    /// The result comes back on `loop`.
    func read<Result: Sendable>(
        on loop: any EventLoop,
        _ body: @escaping @Sendable () throws -> Result
    ) -> EventLoopFuture<Result> {
        let promise = loop.makePromise(of: Result.self)
        gate.async { [queue, slots] in
            slots.wait()
            queue.async {
                promise.completeWith(Swift.Result { try body() })
                slots.signal()
            }
        }
        return promise.futureResult
    }
}
