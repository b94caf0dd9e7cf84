import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Stands between the encryption and the connection: bounds the time of the handshake, and keeps from the connection what
/// does not concern it.
final class TLSSupervisor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let logger: Logger
    private var state = State.handshaking
    private var deadline: Scheduled<Void>?

    private enum State {
        case handshaking
        case failed
        case encrypted
    }

    init(logger: Logger) {
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TLSSupervisor.handshakeMax) {
            self.fail(context)
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (state, event) {
        case (.handshaking, TLSUserEvent.handshakeCompleted):
            state = .encrypted
            deadline?.cancel()
        // Nothing was asked yet, and nothing can be said: what the connection writes waits for the handshake.
        case (.handshaking, is DrainEvent):
            fail(context)
            return context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (state, error) {
        // The encryption closes the channel itself.
        case (.handshaking, _): fail(context)
        case (.failed, _): break
        // Many clients end their input without TLS's own farewell (`ncat --ssl`). It is an end all the same, which is told
        // next. A request whose JSON is not whole is none, so nobody can cut one short.
        case (.encrypted, NIOSSLError.uncleanShutdown): break
        case (.encrypted, _): context.fireErrorCaught(error)
        }
    }

    /// Said without the error: what is in it depends on bytes that anybody may send.
    private func fail(_ context: ChannelHandlerContext) {
        state = .failed
        deadline?.cancel()
        let peer = context.remoteAddress.map { "\($0)" } ?? "a client that is gone"
        logger.debug("no TLS connection came to be with \(peer)")
    }

    /// How long a handshake may take.
    private static let handshakeMax = TimeAmount.seconds(10)
}
