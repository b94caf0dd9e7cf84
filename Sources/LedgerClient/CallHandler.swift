import LineJSON
import LineProtocol
import NIOCore

/// Writes requests and joins answers to them by their ids. Lives on its channel's event loop.
final class CallHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A request line and who waits for its answer.
    struct Call: Sendable {
        var id: Int64
        var line: ByteBuffer
        var promise: EventLoopPromise<Reply>
        /// When the caller stops waiting, whatever the server does; nil: never.
        var patience: TimeAmount?
    }

    private struct Waiter {
        var promise: EventLoopPromise<Reply>
        var timer: Scheduled<Void>?
    }

    private let address: ServerAddress
    private let configuration: ClientConfiguration
    private var framer: LineFramer
    private var decoder = ServerMessageDecoder()
    private var calls = CallTable<Waiter>()
    private var context: ChannelHandlerContext?
    private var closeReason: LedgerClientError?
    private var isFlushScheduled = false

    init(address: ServerAddress, configuration: ClientConfiguration) {
        self.address = address
        self.configuration = configuration
        framer = LineFramer(lineBytesMax: configuration.lineBytesMax)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }
}

// MARK: - Calls

extension CallHandler {
    func send(_ call: Call) {
        guard let context, closeReason == nil else {
            call.promise.fail(closeReason ?? .connectionLost(address, reason: "it was closed"))
            return
        }
        guard calls.count < configuration.callsInFlightMax else {
            call.promise.fail(LedgerClientError.tooManyCalls(address, limit: configuration.callsInFlightMax))
            return
        }
        let timer = call.patience.map { patience in
            context.eventLoop.assumeIsolated().scheduleTask(in: patience) { self.runOutOfPatience(call.id) }
        }
        calls.add(call.id, Waiter(promise: call.promise, timer: timer))
        write(call.line, context)
    }

    /// Ends a call whose task was cancelled, and asks the server to do the same.
    func cancel(_ id: Int64, cancelRequest: (id: Int64, line: ByteBuffer)) {
        guard let context, let waiter = calls.abandon(id) else { return }
        waiter.timer?.cancel()
        calls.addAbandoned(cancelRequest.id)
        write(cancelRequest.line, context)
        waiter.promise.fail(CancellationError())
    }

    private func runOutOfPatience(_ id: Int64) {
        guard let waiter = calls.abandon(id) else { return }
        waiter.promise.fail(
            RPCError(
                .deadlineExceeded,
                "\(address) did not answer before the deadline; the command may have been carried out",
                reason: "NO_ANSWER"
            )
        )
    }

    /// Requests of one turn of the event loop leave together.
    private func write(_ line: ByteBuffer, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(line), promise: nil)
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.context?.flush()
        }
    }
}

// MARK: - Answers

extension CallHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        framer.append(&input)
        do {
            try framer.forEachLine { line in try take(line) }
        } catch {
            close(.unexpectedAnswer(address, reason: "\(error)"), context)
        }
    }

    private func take(_ line: FramedLine) throws {
        switch line {
        case .line(let bytes): try decoder.withDecoded(bytes) { message in try take(message) }
        case .overLong: throw AnswerProblem("a line longer than \(configuration.lineBytesMax) bytes")
        }
    }

    private func take(_ message: ServerMessage) throws {
        switch message {
        case .result(let id, let value):
            try finish(id, .success(Reply(bytes: Array(value.rawBytes))))
        case .failure(let id, let error):
            guard !id.isNull else { throw AnswerProblem("\(error.status): \(error.message)") }
            try finish(id, .failure(error))
        case .control, .event, .notification:
            // A server that shuts down says so on every connection; what follows is the end of the connection.
            break
        }
    }

    private func finish(_ id: JSONView, _ result: Result<Reply, any Error>) throws {
        guard let id = id.integer else { throw AnswerProblem("an answer to a request that was not sent") }
        switch calls.answer(id) {
        case .waiting(let waiter):
            waiter.timer?.cancel()
            waiter.promise.completeWith(result)
        case .abandoned:
            break
        case .unknown:
            throw AnswerProblem("an answer to a request that was not sent")
        }
    }

    private struct AnswerProblem: Error, CustomStringConvertible {
        var description: String

        init(_ description: String) {
            self.description = description
        }
    }
}

// MARK: - The end of the connection

extension CallHandler {
    func channelInactive(context: ChannelHandlerContext) {
        end(.connectionLost(address, reason: "the server closed it"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.connectionLost(address, reason: connectionFailureText(error)), context)
    }

    private func close(_ reason: LedgerClientError, _ context: ChannelHandlerContext) {
        end(reason)
        context.close(promise: nil)
    }

    /// The first reason is the one that is told.
    private func end(_ reason: LedgerClientError) {
        if closeReason == nil { closeReason = reason }
        for waiter in calls.removeAll() {
            waiter.timer?.cancel()
            waiter.promise.fail(closeReason ?? reason)
        }
    }
}
