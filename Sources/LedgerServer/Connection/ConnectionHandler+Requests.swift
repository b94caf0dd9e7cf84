import DequeModule
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import NIOCore
import QuotaDomain

/// A request that may be answered by a deadline or a cancellation before its work is done.
struct OpenRequest {
    var pending: PendingAnswer
    var deadline: Scheduled<Void>?
    /// Runs on files, so an answer is still to come that nobody will want after a cancellation.
    var isCancellable: Bool
}

// MARK: - Taking requests

extension ConnectionHandler {
    /// True for a request whose answer is small and comes later.
    func take(_ decoded: DecodedLine, into burst: inout OpenBurst) -> Bool {
        switch decoded {
        case .request(let envelope):
            return take(envelope, destination: destination(for: envelope.dialect), into: &burst)
        case .rejected(let rejected):
            answer(rejected.reply, destination(for: rejected.reply?.dialect), error: rejected.error)
        case .batch(let batch):
            let open = OpenBatch(requestCount: batch.count)
            for request in batch {
                switch request {
                case .success(let envelope): _ = take(envelope, destination: .batch(open), into: &burst)
                case .failure(let rejected): answer(rejected.reply, .batch(open), error: rejected.error)
                }
            }
        }
        return false
    }

    private func destination(for dialect: RequestDialect?) -> AnswerDestination {
        dialect == .netcat ? .place(order.takePlace()) : .direct
    }

    private func take(
        _ envelope: RequestEnvelope,
        destination: AnswerDestination,
        into burst: inout OpenBurst
    ) -> Bool {
        machine.requestsBegan(1)
        if let refusal = refusalUnheard(destination) {
            complete(PendingAnswer(envelope, destination, router.method(of: envelope)), .failure(refusal))
            return false
        }
        let (method, action) = router.route(envelope, into: &burst.builder)
        if case .work(let work, let encoder) = action,
            let answer = PlainAnswer(envelope, destination, method, encoder)
        {
            burst.append(work, .plain(answer))
            return true
        }
        carryOut(action, for: PendingAnswer(envelope, destination, method), envelope, into: &burst)
        return false
    }

    /// Why a request is refused whatever it asks for: before it is looked at, so that nothing is done of it.
    private func refusalUnheard(_ destination: AnswerDestination) -> RPCError? {
        guard case .none = stream else { return ConnectionHandler.streamingError }
        return isFull(destination) ? .batchAnswersTooLong : nil
    }

    private func carryOut(
        _ action: Routed,
        for request: PendingAnswer,
        _ envelope: RequestEnvelope,
        into burst: inout OpenBurst
    ) {
        var pending = request
        switch action {
        case .work(let work, let encoder):
            let deadline = track(&pending, envelope)
            burst.append(work, deadline: deadline, .other(pending, .answer(encoder)))
        case .immediate(let result):
            complete(pending, .success(result))
        case .offload(let body):
            let deadline = track(&pending, envelope)
            waitForTurn(in: &burst, pending, deadline: deadline) { [weak self] in
                self?.enqueue(body, in: \.tasks, for: $0, refusal: $1)
            }
        case .offloadAside(let body):
            _ = track(&pending, envelope)
            enqueue(body, in: \.aside, for: pending, refusal: nil)
        case .connection(let request) where request.readsTheLog:
            if case .stream = request { stream = .requested }
            waitForTurn(in: &burst, pending, deadline: nil) { [weak self] in
                self?.begin(request, for: $0, refusal: $1)
            }
        case .connection(let request):
            perform(request, for: pending)
        case .failed(let error):
            complete(pending, .failure(error))
        }
    }

    func answerBareHelp(on topic: String) {
        let pending = PendingAnswer(
            reply: ReplyHeader(dialect: .netcat, id: .null),
            destination: .place(order.takePlace()),
            method: nil
        )
        machine.requestsBegan(1)
        answer(plainText: Array(BareHelp.text(on: topic).utf8), to: pending)
    }

    /// What reads files must see what came before on this connection: it waits its turn at the sequencer.
    private func waitForTurn(
        in burst: inout OpenBurst,
        _ pending: PendingAnswer,
        deadline: Timestamp?,
        _ proceed: @escaping (PendingAnswer, RPCError?) -> Void
    ) {
        burst.append(.query { _, _ throws(Rejection) in [] }, deadline: deadline, .other(pending, .proceed(proceed)))
    }

    /// Watches the deadline, when there is one. Returns it as an instant of the service's clock.
    private func track(_ pending: inout PendingAnswer, _ envelope: RequestEnvelope) -> Timestamp? {
        guard let milliseconds = envelope.deadlineMilliseconds, let context else { return nil }
        let serial = open(&pending, isCancellable: false)
        open[serial]?.deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) {
            [weak self] in self?.deadlinePassed(serial)
        }
        return setup.service.configuration.clock.now() + TimeSpan(milliseconds: milliseconds)
    }

    private func open(_ pending: inout PendingAnswer, isCancellable: Bool) -> Int {
        if let serial = pending.serial {
            open[serial]?.isCancellable = isCancellable
            return serial
        }
        nextSerial += 1
        pending.serial = nextSerial
        open[nextSerial] = OpenRequest(pending: pending, deadline: nil, isCancellable: isCancellable)
        return nextSerial
    }

    private func deadlinePassed(_ serial: Int) {
        guard let request = open[serial] else { return }
        answerEarly(request.pending, .deadlineExceededDuringWork)
        flushAndResume()
    }

    static let streamingError = RPCError(
        .failedPrecondition,
        "this connection streams events; open another one for requests",
        reason: "STREAMING"
    )
}

// MARK: - Work elsewhere

extension ConnectionHandler {
    func deliver(_ outcomes: [Burst.Outcome], to waiting: [WaitingItem]) {
        var answered = 0
        let metrics = setup.metrics
        // Taken out, like what reads lines: see `takeLines()`.
        var output = JSONWriter()
        swap(&output, &self.output)
        for index in waiting.indices {
            switch waiting[index] {
            case .plain(let answer):
                metrics.count(answer.method, refusal: answer.write(outcomes[index], to: &output))
                answered += 1
            case .other(let pending, let continuation):
                swap(&output, &self.output)
                deliver(outcomes[index], to: pending, continuation)
                swap(&output, &self.output)
            }
        }
        swap(&output, &self.output)
        perform(machine.requestsAnswered(answered))
        flushAndResume()
    }

    private func deliver(_ outcome: Burst.Outcome, to pending: PendingAnswer, _ continuation: BurstContinuation) {
        switch continuation {
        case .answer(let encoder):
            finish(pending) { reply, writer in encoder.answer(outcome, to: reply, &writer) }
        case .proceed(let proceed):
            proceed(pending, ResultEncoder.written.refusal(outcome))
        }
    }

    /// Work on files that one request asks for.
    struct Offload {
        var serial: Int
        /// Where it runs.
        var files: FileReading
        var body: @Sendable () throws -> [UInt8]
    }

    /// Work on files of one connection that runs at once: bounds what one client can make the server hold and do.
    static let offloadsMax = 4

    private func enqueue(
        _ body: @escaping @Sendable () throws -> [UInt8],
        in files: KeyPath<ConnectionSetup, FileReading>,
        for pending: PendingAnswer,
        refusal: RPCError?
    ) {
        if let refusal { return complete(pending, .failure(refusal)) }
        var pending = pending
        let serial = open(&pending, isCancellable: true)
        waitingOffloads.append(Offload(serial: serial, files: setup[keyPath: files], body: body))
        startOffloads()
    }

    /// Answers a request before its work is done, which nobody wants any more: it must not go on waiting for its turn, or
    /// what waits would have no bound.
    func answerEarly(_ pending: PendingAnswer, _ error: RPCError) {
        complete(pending, .failure(error))
        waitingOffloads.removeAll { $0.serial == pending.serial }
    }

    /// Starts what may run: nothing while the client does not take its answers, and one at a time while answers are held
    /// that wait for the one before them, which may be this one's.
    func startOffloads() {
        while let context, context.channel.isWritable, runningOffloads < ConnectionHandler.offloadsMax,
            runningOffloads == 0 || order.heldBytes <= ConnectionHandler.heldBytesMax,
            let offload = waitingOffloads.popFirst()
        {
            guard let request = open[offload.serial] else { continue }
            if isFull(request.pending.destination) {
                complete(request.pending, .failure(.batchAnswersTooLong))
            } else {
                start(offload, context)
            }
        }
    }

    private func start(_ offload: Offload, _ context: ChannelHandlerContext) {
        runningOffloads += 1
        offload.files.read(on: context.eventLoop, offload.body).assumeIsolated().whenComplete { [weak self] result in
            guard let self else { return }
            runningOffloads -= 1
            if let request = open[offload.serial] {
                complete(request.pending, result.mapError { RPCError(refusing: $0) })
            }
            startOffloads()
            flushAndResume()
        }
    }

    /// Answers a request, unless its deadline or a cancellation was first.
    func complete(
        _ pending: PendingAnswer,
        _ result: Result<[UInt8], RPCError>,
        whenSent: (() -> Void)? = nil
    ) {
        finish(pending, whenSent: whenSent) { reply, writer in
            switch result {
            case .success(let result):
                writer.answer(reply) { $0.value(raw: result) }
                return nil
            case .failure(let error):
                writer.answer(reply, error: error)
                return error.status
            }
        }
    }

    /// `write` writes the answer and returns the status that the request was refused with.
    private func finish(
        _ pending: PendingAnswer,
        whenSent: (() -> Void)? = nil,
        _ write: (ReplyHeader, inout JSONWriter) -> StatusCode?
    ) {
        if let serial = pending.serial {
            guard let request = open.removeValue(forKey: serial) else { return }
            request.deadline?.cancel()
        }
        var line = JSONWriter()
        let refusal = write(pending.reply ?? .unreadable, &line)
        setup.metrics.count(pending.method, refusal: refusal)
        deliver(line.take(), isNotification: pending.reply == nil, to: pending.destination, whenSent: whenSent)
        perform(machine.requestsAnswered(1))
    }
}

// MARK: - Answers

extension ConnectionHandler {
    /// Whether the answer that a request would be part of is as long as it may be.
    private func isFull(_ destination: AnswerDestination) -> Bool {
        guard case .batch(let open) = destination else { return false }
        return open.answer.bytes > setup.configuration.limits.batchAnswerBytesMax
    }

    /// Sends what was answered, and goes on with what had to wait for that.
    func flushAndResume() {
        flush()
        resumeInput()
    }

    /// Answers what was no request.
    func answer(_ reply: ReplyHeader?, _ destination: AnswerDestination, error: RPCError) {
        var line = JSONWriter()
        line.answer(reply ?? .unreadable, error: error)
        setup.metrics.count(nil, refusal: error.status)
        deliver(line.take(), isNotification: reply == nil, to: destination)
    }

    /// Answers a netcat line with lines of text.
    func answer(plainText text: [UInt8], to pending: PendingAnswer) {
        setup.metrics.count(pending.method, refusal: nil)
        deliver(text.last == UInt8(ascii: "\n") ? Array(text.dropLast()) : text, to: pending.destination)
        perform(machine.requestsAnswered(1))
    }

    /// Sends an answer where it belongs; one to a notification is only counted.
    private func deliver(
        _ line: [UInt8],
        isNotification: Bool,
        to destination: AnswerDestination,
        whenSent: (() -> Void)? = nil
    ) {
        if isNotification {
            passOver(destination)
            whenSent?()
        } else {
            deliver(line, to: destination, whenSent: whenSent)
        }
    }

    /// Sends a line where it belongs; `whenSent` is called when everything before it was sent too.
    func deliver(_ line: [UInt8], to destination: AnswerDestination, whenSent: (() -> Void)? = nil) {
        switch destination {
        case .direct:
            send(line)
            whenSent?()
        case .place(let place):
            for answer in order.fill(place, with: line, whenSent: whenSent) {
                send(answer.line)
                answer.whenSent?()
            }
        case .batch(let open):
            if let whenSent { open.whenSent.append(whenSent) }
            open.answer.add(line)
            finishIfComplete(open)
        }
    }

    /// A notification gets no answer.
    private func passOver(_ destination: AnswerDestination) {
        guard case .batch(let open) = destination else { return }
        open.answer.skipOne()
        finishIfComplete(open)
    }

    private func finishIfComplete(_ open: OpenBatch) {
        guard open.answer.isComplete, let line = open.answer.finish() else { return }
        send(line)
        for action in open.whenSent { action() }
    }
}
