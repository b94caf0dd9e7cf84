import EventSourcing
import LineProtocol
import NIOCore

/// Ends the connection when it takes up room for nothing.
extension ConnectionHandler {
    func beginWatch() {
        watch = ConnectionWatch(setup.configuration.limits)
        scheduleLook()
    }

    private func scheduleLook() {
        guard let watch, let context else { return }
        nextLook = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(watch.interval.milliseconds)) {
            [weak self] in self?.look()
        }
    }

    private func look() {
        guard let sight else { return }
        switch watch?.look(at: sight) {
        case nil: break
        case .unread: return closeUnread()
        // Where no request is taken any more it is told already, and only that it takes what is sent is waited for.
        case .silent, .openLine: if machine.takesRequests { endWaiting(isLineOpen: sight.isLineOpen) }
        }
        scheduleLook()
    }

    private var sight: ConnectionWatch.Sight? {
        guard let unsentBytes else { return nil }
        return ConnectionWatch.Sight(
            receivedBytes: receivedBytes,
            linesTaken: linesTaken,
            isLineOpen: isLineOpen,
            isBusy: machine.isBusy,
            unsentBytes: unsentBytes,
            takenBytes: writtenBytes - unsentBytes
        )
    }

    /// Nil when the connection is gone.
    private var unsentBytes: Int? {
        guard let options = context?.channel.syncOptions else { return nil }
        return try? options.getOption(.bufferedWritableBytes)
    }

    /// Tells the client, and answers what is under way.
    private func endWaiting(isLineOpen: Bool) {
        let limits = setup.configuration.limits
        let error: RPCError = isLineOpen ? .lineTimeout(limits.lineTimeout) : .idleTimeout(limits.idleTimeout)
        setup.connections.countClosed(isLineOpen ? .lineTimeout : .idleTimeout)
        tell(error)
        stopServing(reason: error.message)
    }

    /// Whoever takes nothing cannot be told anything either.
    private func closeUnread() {
        setup.connections.countClosed(.unreadTimeout)
        context?.close(promise: nil)
    }
}

extension RPCError {
    fileprivate static func idleTimeout(_ timeout: TimeSpan) -> RPCError {
        RPCError(
            .unavailable,
            "nothing was asked on this connection for \(timeout.milliseconds) ms; connect again when there is",
            reason: ClosedConnection.idleTimeout.rawValue
        )
    }

    fileprivate static func lineTimeout(_ timeout: TimeSpan) -> RPCError {
        RPCError(
            .deadlineExceeded,
            "the line was not ended within \(timeout.milliseconds) ms; nothing was done of it",
            reason: ClosedConnection.lineTimeout.rawValue
        )
    }
}
