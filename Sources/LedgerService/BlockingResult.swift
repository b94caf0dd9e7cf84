import Foundation

/// A value that another thread provides.
final class BlockingResult<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var result: Result<Value, any Error>?

    /// What the other thread holds. When it is let go unfulfilled, as what a failed log left unanswered is, the result
    /// is `ServiceError.stopping`, so that nobody waits for ever.
    final class Promise: Sendable {
        private let result: BlockingResult

        fileprivate init(_ result: BlockingResult) {
            self.result = result
        }

        deinit { fulfil(.failure(ServiceError.stopping)) }

        func fulfil(_ outcome: Result<Value, any Error>) {
            result.fulfil(outcome)
        }
    }

    /// To be made once.
    func promise() -> Promise { Promise(self) }

    /// The first one counts.
    private func fulfil(_ result: Result<Value, any Error>) {
        condition.lock()
        if self.result == nil { self.result = result }
        condition.broadcast()
        condition.unlock()
    }

    /// Blocks until there is one.
    func value() throws -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result { return try result.get() }
            condition.wait()
        }
    }
}
