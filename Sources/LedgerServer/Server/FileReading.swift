import Dispatch
import NIOCore

/// Runs what reads or writes files away from the event loops.
struct FileReading: Sendable {
    private let run: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Work that runs at once; the rest waits, so that a burst of expensive questions does not start a thread for each.
    private static let runningMax = 4

    /// On threads of its own.
    init() {
        let queue = DispatchQueue(label: "ledgerline.files", qos: .userInitiated, attributes: .concurrent)
        let slots = DispatchSemaphore(value: FileReading.runningMax)
        let gate = DispatchQueue(label: "ledgerline.files.gate")
        run = { work in
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
    init(run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.run = run
    }

    /// The result comes back on `loop`.
    func read<Result: Sendable>(
        on loop: any EventLoop,
        _ body: @escaping @Sendable () throws -> Result
    ) -> EventLoopFuture<Result> {
        let promise = loop.makePromise(of: Result.self)
        run { promise.completeWith(Swift.Result { try body() }) }
        return promise.futureResult
    }
}
