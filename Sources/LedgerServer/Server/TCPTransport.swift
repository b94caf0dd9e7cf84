import LineJSON
import LineProtocol
import Logging
import NIOCore
import NIOSSL

/// What stands between a TCP socket and its connection: nothing, once the first byte has come, or the encryption.
struct TCPTransport: Sendable {
    /// nil: connections are not encrypted.
    let certificate: TLSCertificate?
    let logger: Logger

    func add(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(FirstByteCheck(isEncrypted: certificate != nil))
            guard let certificate else { return }
            try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
            try pipeline.addHandler(TLSSupervisor(logger: logger))
        }
    }
}

/// Tells a client that encrypts where the server does not, or the other way round, instead of leaving it to wait for an
/// answer that never comes. It goes once the first byte has come.
private final class FirstByteCheck: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let isEncrypted: Bool
    /// Set once the client is refused.
    private var closing: LingeringClose?

    init(isEncrypted: Bool) {
        self.isEncrypted = isEncrypted
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closing == nil else { return }
        let bytes = unwrapInboundIn(data)
        let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self)
        guard (first == FirstByteCheck.handshakeRecord) == isEncrypted else { return refuse(context) }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let closing, case ChannelEvent.inputClosed? = event as? ChannelEvent {
            closing.inputClosed()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        closing?.cancel()
        context.fireChannelInactive()
    }

    /// A TLS client reads the line as a record of a wrong version, and says so at once.
    private func refuse(_ context: ChannelHandlerContext) {
        let error = RPCError(
            .failedPrecondition,
            isEncrypted ? "connections to this port are encrypted: use TLS" : "this port does not speak TLS",
            reason: isEncrypted ? "TLS_ONLY" : "NO_TLS"
        )
        var line = JSONWriter()
        line.answer(ReplyHeader(dialect: .netcat, id: .null), error: error)
        line.endLine()
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: line.bytes)), promise: nil)
        let closing = LingeringClose(context)
        self.closing = closing
        closing.begin()
    }

    /// The type of the record that a TLS client begins with. No line of the protocol begins with it.
    private static let handshakeRecord: UInt8 = 0x16
}
