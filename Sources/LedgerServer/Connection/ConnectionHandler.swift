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
    /// Lines that came are left for later, see `mayTakeLines`.
    private var isHoldingLines = false

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
    /// Bytes that were given to the channel since the connection began.
    private(set) var writtenBytes = 0
    private var isReadHeld = false
    private var isInputClosed = false
    private var closing: LingeringClose?

    /// What ends the connection when it takes up room for nothing.
    var watch: ConnectionWatch?
    var nextLook: Scheduled<Void>?
    private(set) var receivedBytes = 0

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
                uselessTokensMax: limits.uselessTokensMax,
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
        switch setup.connections.add(context.channel) {
        case .taken:
            beginWatch()
            context.fireChannelActive()
        case .refused:
            tell(.tooManyConnections)
            perform(.close)
        case .ignored:
            context.close(promise: nil)
        }
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
        closing?.cancel()
        nextLook?.cancel()
        stopReaders()
        for request in open.values { request.deadline?.cancel() }
        open.removeAll()
        waitingOffloads.removeAll()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        let data = unwrapInboundIn(data)
        receivedBytes += data.readableBytes
        takeLines { framer in
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
            if let closing { return closing.inputClosed() }
            takeLines { framer in framer.finish() }
            finishTaking()
        case let event as DrainEvent:
            stopServing(reason: event.reason)
        case is AccessChangedEvent:
            endReadersWithoutAccess()
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        for pump in pumps { pump.writabilityChanged() }
        startOffloads()
        flushAndResume()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The other side is gone; nobody is left to tell.
        context.close(promise: nil)
    }

    /// A client that sends faster than it is answered, or does not take its answers, waits.
    func read(context: ChannelHandlerContext) {
        guard isClosing || !isHoldingLines && mayTakeLines else {
            isReadHeld = true
            return
        }
        context.read()
    }

    /// Goes on with what was left for later, if it may.
    func resumeInput() {
        guard let context else { return }
        if !isClosing {
            // Who takes lines now goes on by itself.
            guard input != nil, isHoldingLines || isReadHeld, mayTakeLines else { return }
            if isHoldingLines {
                takeLines { _ in }
                finishTaking()
            }
            guard !isHoldingLines else { return }
        }
        guard isReadHeld else { return }
        isReadHeld = false
        context.read()
    }

    // MARK: Lines

    /// Hands input to the framer and takes the lines that are complete, as long as it may.
    ///
    /// What is used for every line is taken out of this object meanwhile: as a local value it is reached without the
    /// checks for exclusive access that an object's properties need, which were a tenth of the loop's time.
    private func takeLines(_ feed: (inout LineFramer) -> Void) {
        guard var input = input.take() else { preconditionFailure("lines are read one after the other") }
        feed(&input.framer)
        var isAtEnd = false
        while !isAtEnd, mayTakeLines {
            // Whether there may be more is not looked up for every one of them.
            var room = min(machine.room, ConnectionHandler.linesAtATime)
            isAtEnd = input.forEachLine { line, burst in
                room = take(line, into: &burst) ? room - 1 : 0
                return room > 0
            }
        }
        isHoldingLines = !isAtEnd
        self.input = consume input
    }

    /// True when the line asks for one small thing that is answered later: many such may come before anything is looked at.
    private func take(_ line: ConnectionInput.Line, into burst: inout OpenBurst) -> Bool {
        guard machine.takesRequests else { return true }
        switch line {
        case .decoded(let decoded):
            if take(decoded, into: &burst) { return true }
            if router.access.isAtEnd { refuseTokens() }
        case .help(let topic): answerBareHelp(on: topic)
        case .http: refuseHTTP()
        case .overLong:
            answer(.unreadable, .direct, error: .lineTooLong(byteLimit: setup.configuration.limits.lineBytesMax))
        }
        return false
    }

    /// Whether another line may be taken: a client waits that sends faster than it is answered, or does not take its answers.
    private var mayTakeLines: Bool {
        if output.count > ConnectionHandler.heldBytesMax { flush() }
        return machine.mayRead && isWritable && order.heldBytes <= ConnectionHandler.heldBytesMax
    }

    private var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Hands on what the lines led to.
    private func finishTaking() {
        submitBurst()
        if isInputClosed, !isHoldingLines {
            let action = machine.inputClosed()
            flush()
            perform(action)
        } else {
            flush()
        }
    }

    /// Lines that are taken before it is looked up whether more may be.
    private static let linesAtATime = 64
    /// Bytes of answers that are ready, and that the client cannot get yet because others come first: more lines are not
    /// taken meanwhile.
    static let heldBytesMax = 1 << 20

    /// For the connection's watch.
    var linesTaken: Int { input?.linesTaken ?? 0 }
    /// Whether the rest of a line is waited for.
    var isLineOpen: Bool { !isHoldingLines && !isReadHeld && !isInputClosed && input?.framer.isLineOpen ?? false }

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
        writeOut(lines)
    }

    /// The one way out for everything.
    func writeOut(_ lines: ByteBuffer) {
        writtenBytes += lines.readableBytes
        context?.writeAndFlush(wrapOutboundOut(lines), promise: nil)
    }

    func flush() {
        guard output.count > 0, let context else { return }
        let lines = context.channel.allocator.buffer(bytes: output.bytes)
        // Memory for one huge answer is not kept for the connection's life.
        if output.count > ConnectionHandler.keptOutputBytesMax { output = JSONWriter() } else { output.removeAll() }
        // Only now: a write that fills the channel says so at once, and has this called again.
        writeOut(lines)
    }

    func perform(_ action: ConnectionStateMachine.Action) {
        switch action {
        case .none: break
        case .read: resumeInput()
        case .close:
            flush()
            closeOutput()
        }
    }

    /// Takes no more requests and ends what streams, answers what was asked, and closes.
    func stopServing(reason: String) {
        endStreams(reason: reason)
        let action = machine.drain()
        flush()
        perform(action)
    }

    /// Nothing is answered any more: what was answered is sent, and the connection closed.
    var isClosing: Bool { closing != nil }

    private func closeOutput() {
        guard let context, !isClosing else { return }
        let closing = LingeringClose(context, isInputClosed: isInputClosed)
        self.closing = closing
        closing.begin()
        resumeInput()
    }

    private static let keptOutputBytesMax = 64 << 10

    /// Says what is about the connection and not about a request; a stream says so by itself.
    func tell(_ error: RPCError) {
        if case .running = stream { return }
        output.answer(ReplyHeader(dialect: .netcat, id: .null), error: error)
        output.endLine()
        flush()
    }
}
