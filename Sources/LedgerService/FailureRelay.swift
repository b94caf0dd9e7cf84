import Foundation

/// Passes the first failure on to somebody who is known only after both ends were made.
final class FailureRelay: @unchecked Sendable {
    private let lock = NSLock()
    private var handler: (@Sendable (any Error) -> Void)?

    func connect(_ handler: @escaping @Sendable (any Error) -> Void) {
        lock.withLock { self.handler = handler }
    }

    func pass(_ error: any Error) {
        takeHandler()?(error)
    }

    private func takeHandler() -> (@Sendable (any Error) -> Void)? {
        lock.withLock {
            defer { handler = nil }
            return handler
        }
    }
}
