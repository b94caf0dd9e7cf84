import DequeModule
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import NIOCore

/// One connection: splits its input into lines, routes each, and writes the answers.
///
/// Everything here runs on the channel's event loop. What is read in one go goes to the sequencer as one burst, and comes
/// back as one; the thread changes twice for a whole burst, not for each request.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let setup: ConnectionSetup
    let router: Router
    var machine: ConnectionStateMachine
    private(set) var context: ChannelHandlerContext?
    /// Taken out while lines are read, see `takeLines()`.
    private var input: ConnectionInput?

    var order = ReplyOrder()
    var open: [Int: OpenRequest] = [:]
    var nextSerial = 0

    /// `events.stream` takes the connection over.
    var stream = Stream.none
    var subscriptions: [Int64: EventPump] = [:]
    var nextSubscription: Int64 = 1
    /// Work on files that waits for its turn.
    var waitingOffloads: Deque<Offload> = []
    var runningOffloads = 0

    /// Answers that were written and not flushed.
    var output = JSONWriter()
    private var isReadHeld = false
    private var isInputClosed = false
    private var isOutputClosed = false
    private var lingering: Scheduled<Void>?

    enum Stream {
        case none
        /// Asked for; where it begins is being looked up.
        case requested
        case running(EventPump)
    }

    init(_ setup: ConnectionSetup, via transport: ConnectionAccess.Transport) {
        self.setup = setup
        let limits = setup.configuration.limits
        router = Router(
            service: setup.service,
            accessService: setup.access,
            access: ConnectionAccess(
                setup.access,
                areTokensRequired: setup.configuration.areTokensRequired,
                transport
            ),
            facts: setup.facts,
            metrics: setup.metrics
        )
        machine = ConnectionStateMachine(requestsInFlightMax: limits.requestsInFlightMax)
        input = ConnectionInput(limits)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelActive(context: ChannelHandlerContext) {
        router.access.connected(from: context.remoteAddress)
        guard setup.connections.add(context.channel) else {
            refuse("the server takes no more connections now; try again later", status: .resourceExhausted)
            perform(.close)
            return
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        machine.closed()
        letGo()
        setup.connections.remove(context.channel)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        letGo()
    }

    /// Nobody is left to answer.
    private func letGo() {
        context = nil
        lingering?.cancel()
        stopReaders()
        for request in open.values { request.deadline?.cancel() }
        open.removeAll()
        waitingOffloads.removeAll()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOutputClosed else { return }
        takeLines { [data = unwrapInboundIn(data)] framer in
            var data = data
            framer.append(&data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        submitBurst()
        flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            isInputClosed = true
            if isOutputClosed {
                // Not before everything was sent.
                if lingering != nil { context.close(promise: nil) }
                return
            }
            takeLines { framer in framer.finish() }
            submitBurst()
            let action = machine.inputClosed()
            flush()
            perform(action)
        case is DrainEvent:
            endStreams(reason: "the server is stopping")
            let action = machine.drain()
            flush()
            perform(action)
        case is AccessChangedEvent:
            endReadersWithoutAccess()
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        for pump in pumps { pump.writabilityChanged() }
        startOffloads()
        resumeReading()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The other side is gone; nobody is left to tell.
        context.close(promise: nil)
    }

    /// A client that sends faster than it is answered, or does not take its answers, waits.
    func read(context: ChannelHandlerContext) {
        guard isOutputClosed || (machine.mayRead && context.channel.isWritable) else {
            isReadHeld = true
            return
        }
        context.read()
    }

    func resumeReading() {
        guard isReadHeld, let context, isOutputClosed || (machine.mayRead && context.channel.isWritable) else { return }
        isReadHeld = false
        context.read()
    }

    // MARK: Lines

    /// Hands input to the framer and takes every line that is complete.
    ///
    /// What is used for every line is taken out of this object meanwhile: as a local value it is reached without the
    /// checks for exclusive access that an object's properties need, which were a tenth of the loop's time.
    private func takeLines(_ feed: (inout LineFramer) -> Void) {
        guard var input = input.take() else { preconditionFailure("lines are read one after the other") }
        feed(&input.framer)
        input.forEachLine { line, burst in take(line, into: &burst) }
        self.input = consume input
    }

    private func take(_ line: ConnectionInput.Line, into burst: inout OpenBurst) {
        guard machine.takesRequests else { return }
        switch line {
        case .decoded(let decoded): take(decoded, into: &burst)
        case .help(let topic): answerBareHelp(on: topic)
        case .http: refuseHTTP()
        case .overLong:
            answer(.unreadable, .direct, error: .lineTooLong(byteLimit: setup.configuration.limits.lineBytesMax))
        }
    }

    /// Hands over what was read in one go.
    func submitBurst() {
        guard let context, let waiting = input?.burst.takeWaiting(), !waiting.isEmpty else {
            input?.burst.builder.discardRefused()
            return
        }
        let loop = context.eventLoop
        let answers = NIOLoopBound((handler: self, waiting: waiting), eventLoop: loop)
        let burst = input?.burst.builder.take { outcomes in
            loop.execute { answers.value.handler.deliver(outcomes, to: answers.value.waiting) }
        }
        if let burst { setup.service.submit(burst) }
    }

    // MARK: Output

    /// Writes a line; `flush` sends it.
    func send(_ line: [UInt8]) {
        output.value(raw: line)
        output.endLine()
    }

    /// Sends lines that are ended already, behind what was written.
    func sendNow(_ lines: ByteBuffer) {
        flush()
        context?.writeAndFlush(wrapOutboundOut(lines), promise: nil)
    }

    func flush() {
        guard output.count > 0, let context else { return }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: output.bytes)), promise: nil)
        // Memory for one huge answer is not kept for the connection's life.
        if output.count > ConnectionHandler.keptOutputBytesMax { output = JSONWriter() } else { output.removeAll() }
    }

    func perform(_ action: ConnectionStateMachine.Action) {
        switch action {
        case .none: break
        case .read: resumeReading()
        case .close:
            flush()
            closeOutput()
        }
    }

    /// Closes so that the client can still read what was sent: closing drops what the socket has not taken yet, and a socket
    /// that is closed with unread input is reset, and what is on its way to the client is lost. So everything is sent first,
    /// then only our side is closed, and what the client still sends is thrown away until it closes too, or for a moment.
    private func closeOutput() {
        guard let context, !isOutputClosed else { return }
        isOutputClosed = true
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
        sent.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.closeSentOutput() }
        resumeReading()
    }

    private func closeSentOutput() {
        guard let context else { return }
        guard !isInputClosed else { return context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        lingering = context.eventLoop.assumeIsolated().scheduleTask(in: ConnectionHandler.lingerMax) { [weak self] in
            self?.context?.close(promise: nil)
        }
    }

    private static let keptOutputBytesMax = 64 << 10

    /// How long a client is given to close its side.
    private static let lingerMax = TimeAmount.milliseconds(500)

    private func refuse(_ message: String, status: StatusCode) {
        output.answer(ReplyHeader(dialect: .netcat, id: .null), error: RPCError(status, message))
        output.endLine()
        flush()
    }
}
