import NIOCore

/// Keeps the requests of one connection in flight. Lives on its channel's event loop.
final class LoadHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var load: ConnectionLoad
    /// Nil: a request goes out whenever an answer has come.
    private var pace: RequestPace?
    private var pacing: Scheduled<Void>?
    private let greeting: ByteBuffer
    private let drained: EventLoopPromise<Void>
    private var isStopping = false
    /// What is written next; its memory is used again once it was sent.
    private var output = ByteBuffer()

    /// - Parameters:
    ///   - greeting: goes out first, and is not answered.
    ///   - drained: succeeds when everything was answered after `stop()`, or when the connection is gone.
    init(
        _ writer: RequestWriter,
        inFlight: Int,
        pace: RequestPace?,
        greeting: ByteBuffer,
        drained: EventLoopPromise<Void>
    ) {
        self.greeting = greeting
        load = ConnectionLoad(writer, inFlight: inFlight)
        self.pace = pace
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
        context.write(wrapOutboundOut(greeting), promise: nil)
        if pace == nil { sendRequests(context) } else { schedulePacedRequests(context) }
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

    private func schedulePacedRequests(_ context: ChannelHandlerContext) {
        guard let pace, !isStopping else { return }
        let next = NIODeadline.uptimeNanoseconds(pace.next(after: NIODeadline.now().uptimeNanoseconds))
        pacing = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [self] in
            sendRequests(context)
            schedulePacedRequests(context)
        }
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
