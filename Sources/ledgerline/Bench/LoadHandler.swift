import NIOCore

/// Keeps the requests of one connection in flight. Lives on its channel's event loop.
final class LoadHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How often requests go out when they are paced.
    private static let paceInterval = TimeAmount.milliseconds(2)

    private var load: ConnectionLoad
    /// Requests a second at most; nil: whenever an answer has come.
    private let rate: Double?
    private var pace: RequestPace?
    private var pacing: RepeatedTask?
    private let drained: EventLoopPromise<Void>
    private var isStopping = false
    /// What is written next; its memory is used again once it was sent.
    private var output = ByteBuffer()

    /// - Parameter drained: succeeds when everything was answered after `stop()`, or when the connection is gone.
    init(_ writer: RequestWriter, inFlight: Int, rate: Double?, drained: EventLoopPromise<Void>) {
        load = ConnectionLoad(writer, inFlight: inFlight)
        self.rate = rate
        self.drained = drained
    }

    /// What was measured since the last time.
    func takeSlice() -> LoadSlice { load.takeSlice() }

    /// No more requests go out.
    func stop() {
        isStopping = true
        pacing?.cancel()
        finishIfDrained()
    }

    func channelActive(context: ChannelHandlerContext) {
        if let rate {
            pace = RequestPace(rate: rate, begun: NIODeadline.now().uptimeNanoseconds)
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
            pacing = context.eventLoop.scheduleRepeatedTask(
                initialDelay: LoadHandler.paceInterval,
                delay: LoadHandler.paceInterval
            ) { _ in handler.value.sendRequests(context.value) }
        } else {
            sendRequests(context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        load.read(&input, at: NIODeadline.now().uptimeNanoseconds)
    }

    /// All answers that were there have been read: what goes out for them goes out in one piece.
    func channelReadComplete(context: ChannelHandlerContext) {
        finishIfDrained()
        if pace == nil { sendRequests(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !load.isDrained || !isStopping { load.note("the server closed the connection") }
        pacing?.cancel()
        drained.succeed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        load.note("\(error)")
        context.close(promise: nil)
    }

    private func sendRequests(_ context: ChannelHandlerContext) {
        guard !isStopping else { return }
        let now = NIODeadline.now().uptimeNanoseconds
        let count = pace?.take(load.sendable, at: now) ?? load.sendable
        guard count > 0 else { return }
        output.clear()
        load.writeRequests(count, to: &output, at: now)
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    private func finishIfDrained() {
        if isStopping, load.isDrained { drained.succeed() }
    }
}
