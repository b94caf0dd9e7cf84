import Dispatch

/// A thread of its own: the log is used from threads, not from tasks.
package func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test").async { continuation.resume(with: Swift.Result(catching: body)) }
    }
}
