import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind the encryption and holds back what the connection is for until the server has proven who it is: to the
/// handlers that are set up then, that is when the channel becomes active.
final class ClientHandshake<Output: Sendable>: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let encryption: NIOSSLClientHandler
    private let patience: TimeAmount
    private let setUp: @Sendable (any Channel) -> EventLoopFuture<Output>
    private let promise: EventLoopPromise<Output>
    private var deadline: Scheduled<Void>?
    private var isDone = false

    /// - Parameter promise: gets what `setUp` gives, or `TLSFailure`.
    init(
        _ encryption: NIOSSLClientHandler,
        patience: TimeAmount,
        promise: EventLoopPromise<Output>,
        setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) {
        self.encryption = encryption
        self.patience = patience
        self.setUp = setUp
        self.promise = promise
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        // An attempt to connect that came to nothing ends here too.
        if !isDone { promise.fail(TLSFailure("the server closed the connection during the handshake")) }
    }

    func channelActive(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: patience) {
            self.promise.fail(TLSFailure("no TLS handshake within \(self.patience.nanoseconds / 1_000_000_000) s"))
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        isDone = true
        setUp(context.channel).cascade(to: promise)
        context.fireChannelActive()
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    /// The encryption closes the channel itself.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(TLSFailure(error, serverCertificate: encryption.peerCertificate))
    }
}
