import NIOCore

/// Closes a connection so that the client can still read what was sent: closing drops what the socket has not taken yet,
/// and a socket that is closed with unread input is reset, and what is on its way to the client is lost. So everything is
/// sent first, then only our side is closed, and what the client still sends is thrown away until it closes too, or for a
/// moment.
///
/// Whoever begins it throws away what is read from then on, and passes on that the input was closed.
final class LingeringClose {
    private let context: ChannelHandlerContext
    private var isInputClosed: Bool
    private var state = State.sending

    private enum State {
        case sending
        /// Until the client closes its side.
        case waiting(Scheduled<Void>)
        case over
    }

    init(_ context: ChannelHandlerContext, isInputClosed: Bool = false) {
        self.context = context
        self.isInputClosed = isInputClosed
    }

    func begin() {
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: sent)
        sent.futureResult.assumeIsolated().whenComplete { _ in self.closeOutput() }
    }

    private func closeOutput() {
        guard case .sending = state else { return }
        guard !isInputClosed else { return close() }
        state = .waiting(
            context.eventLoop.assumeIsolated().scheduleTask(in: LingeringClose.waitingMax) { self.close() }
        )
        context.close(mode: .output, promise: nil)
    }

    /// The client has closed its side. Not before everything was sent is that the end.
    func inputClosed() {
        isInputClosed = true
        if case .waiting = state { close() }
    }

    private func close() {
        cancel()
        context.close(promise: nil)
    }

    /// The connection is gone.
    func cancel() {
        if case .waiting(let end) = state { end.cancel() }
        state = .over
    }

    /// How long a client is given to close its side.
    private static let waitingMax = TimeAmount.milliseconds(500)
}
