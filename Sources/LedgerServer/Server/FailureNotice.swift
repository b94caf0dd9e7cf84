import NIOCore
import Synchronization

/// Has the clients told when a log fails, the ledger's or that of access control, before whoever runs the server is told,
/// and ends the process.
final class FailureNotice: Sendable {
    private let onFailure: @Sendable (any Error) -> Void
    /// Nil until the server serves.
    private let serving = Mutex<Serving?>(nil)
    private let first = Mutex<(any Error)?>(nil)

    private struct Serving {
        var connections: ConnectionRegistry
        var group: any EventLoopGroup
        var stopLongWork: @Sendable () -> Void
    }

    /// How long clients are given to take their last answers.
    private static let patience = TimeAmount.seconds(2)

    init(then onFailure: @escaping @Sendable (any Error) -> Void) {
        self.onFailure = onFailure
    }

    /// From now on there may be somebody to tell.
    func serve(
        _ connections: ConnectionRegistry,
        on group: any EventLoopGroup,
        stoppingLongWork stopLongWork: @escaping @Sendable () -> Void
    ) {
        serving.withLock { $0 = Serving(connections: connections, group: group, stopLongWork: stopLongWork) }
    }

    /// What a log failed with; nil as long as none did.
    var failure: (any Error)? { first.withLock { $0 } }

    /// A log failed: who waits is answered, long work ends and says so, and the connections end behind these answers. Returns
    /// at once.
    func pass(_ error: any Error) {
        first.withLock { $0 = $0 ?? error }
        guard let serving = serving.withLock({ $0 }) else { return onFailure(error) }
        serving.stopLongWork()
        Task { [onFailure] in
            let patience = FailureNotice.patience
            await serving.connections.drain(on: serving.group, patience: patience, reason: "the log failed")
            onFailure(error)
        }
    }
}
