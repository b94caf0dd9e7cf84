import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import NIOCore

/// Requests that are about the connection itself: streams, subscriptions, cancelling, help.
extension ConnectionHandler {
    /// Carries out what had to wait for its turn.
    func begin(_ request: ConnectionRequest, for pending: PendingAnswer, refusal: RPCError?) {
        guard let refusal else { return perform(request, for: pending) }
        refuse(request, pending, refusal)
    }

    private func refuse(_ request: ConnectionRequest, _ pending: PendingAnswer, _ error: RPCError) {
        if case .stream = request { stream = .none }
        complete(pending, .failure(error))
    }

    func perform(_ request: ConnectionRequest, for pending: PendingAnswer) {
        switch request {
        case .stream(let stream), .subscribe(let stream): resolve(stream, of: request, pending)
        case .unsubscribe(let subscription): unsubscribe(subscription, pending)
        case .cancel(let id): cancel(id, pending)
        case .plainText(let text): answer(plainText: text, to: pending)
        }
    }

    /// All that bring events to this connection, in the order in which they were asked for.
    var pumps: [EventPump] {
        let pumps = subscriptions.sorted { $0.key < $1.key }.map(\.value)
        guard case .running(let pump) = stream else { return pumps }
        return [pump] + pumps
    }

    // MARK: Beginning

    /// Finds the position at which to begin; reads files when it is given as an instant.
    private func resolve(_ stream: StreamRequest, of request: ConnectionRequest, _ pending: PendingAnswer) {
        guard let context else { return }
        let service = setup.service
        let start = setup.pages.read(on: context.eventLoop) { try stream.start(in: service) }
        start.assumeIsolated().whenComplete { [weak self] result in
            guard let self, self.context != nil else { return }
            do throws(RPCError) {
                let start = try result.mapError { RPCError(refusing: $0) }.get()
                guard router.access.isStillGood(stream.grant) else { throw .accessEnded }
                guard machine.takesReaders else { throw .stopping }
                try begin(request, stream, from: start, pending)
            } catch {
                refuse(request, pending, error)
            }
            flushAndResume()
        }
    }

    private func begin(
        _ request: ConnectionRequest,
        _ stream: StreamRequest,
        from start: ReaderStart,
        _ pending: PendingAnswer
    ) throws(RPCError) {
        if case .stream = request {
            try beginStream(stream, from: start, pending)
        } else {
            try subscribe(stream, from: start, pending)
        }
    }

    private func beginStream(
        _ request: StreamRequest,
        from start: ReaderStart,
        _ pending: PendingAnswer
    ) throws(RPCError) {
        guard subscriptions.isEmpty else { throw ConnectionHandler.streamingError }
        if case .batch = pending.destination {
            throw RPCError(.invalidArgument, "events.stream cannot be part of a batch", reason: "STREAM_IN_BATCH")
        }
        let pump = try pump(
            for: request,
            from: start,
            output: .rawLines,
            onFailure: { [weak self] error in self?.endStreams(reason: RPCError(refusing: error).message) }
        )
        stream = .running(pump)
        setup.metrics.count(pending.method, refusal: nil)
        var writer = JSONWriter()
        writer.control("streaming") { control in
            control.member("from", start.position)
            control.member("head", setup.service.feed.head.position)
            if request.wantsBlocks { control.member("previous", start.previousHash) }
        }
        deliver(writer.take(), to: pending.destination, whenSent: { [weak self] in self?.start(pump) })
        perform(machine.requestsAnswered(1))
    }

    private func subscribe(
        _ request: StreamRequest,
        from start: ReaderStart,
        _ pending: PendingAnswer
    ) throws(RPCError) {
        let most = setup.configuration.limits.subscriptionsMax
        guard subscriptions.count < most else { throw .tooManySubscriptions(max: most) }
        let number = nextSubscription
        let pump = try pump(
            for: request,
            from: start,
            output: .notifications(subscription: number, pending.reply?.dialect ?? .jsonRPC),
            onFailure: { [weak self] error in self?.endSubscription(number, because: error) }
        )
        nextSubscription += 1
        subscriptions[number] = pump
        var result = JSONWriter()
        result.object { object in
            object.member("subscription", number)
            object.member("from", start.position)
            object.member("head", setup.service.feed.head.position)
            if request.wantsBlocks { object.member("previous", start.previousHash) }
        }
        complete(pending, .success(result.take()), whenSent: { [weak self] in self?.start(pump) })
    }

    /// A pump that counts from now on and is started once the answer to its request was sent.
    private func pump(
        for request: StreamRequest,
        from start: ReaderStart,
        output: EventOutput,
        onFailure: @escaping (any Error) -> Void
    ) throws(RPCError) -> EventPump {
        guard let context, setup.connections.addReader() else {
            throw .tooManyReaders(max: setup.configuration.limits.readersMax)
        }
        machine.readerBegan()
        return EventPump(
            request,
            from: start.position,
            output: output,
            service: setup.service,
            files: setup.pages,
            readAhead: setup.readAhead,
            context: context,
            writeOut: { [weak self] in self?.writeOut($0) },
            onFailure: onFailure
        )
    }

    /// Its answer goes out before its events.
    private func start(_ pump: EventPump) {
        flush()
        pump.start()
    }

    // MARK: Ending

    private func unsubscribe(_ subscription: Int64, _ pending: PendingAnswer) {
        let pump = subscriptions.removeValue(forKey: subscription)
        pump?.stop()
        var result = JSONWriter()
        result.object { $0.member("unsubscribed", pump != nil) }
        complete(pending, .success(result.take()))
        if pump != nil { readersEnded(1) }
    }

    func endSubscription(_ subscription: Int64, because error: any Error) {
        guard let pump = subscriptions.removeValue(forKey: subscription) else { return }
        end([pump], reason: RPCError(refusing: error).message)
    }

    /// Ends the stream and all subscriptions, and says why. Nothing follows on a connection that streamed.
    func endStreams(reason: String) {
        let ended = pumps
        var isStreaming = false
        if case .running = stream { isStreaming = true }
        subscriptions.removeAll()
        end(ended, reason: reason)
        if isStreaming { perform(machine.inputClosed()) }
    }

    private func end(_ pumps: [EventPump], reason: String) {
        for pump in pumps { pump.stop() }
        for pump in pumps { writeClosing(pump, reason: reason) }
        flush()
        readersEnded(pumps.count)
    }

    private func readersEnded(_ count: Int) {
        setup.connections.removeReaders(count)
        for _ in 0..<count { perform(machine.readerEnded()) }
    }

    /// The connection is gone.
    func stopReaders() {
        let stopped = pumps
        stream = .none
        subscriptions.removeAll()
        for pump in stopped { pump.stop() }
        setup.connections.removeReaders(stopped.count)
    }

    private func writeClosing(_ pump: EventPump, reason: String) {
        var buffer = ByteBuffer()
        pump.output.append(control: "closing", to: &buffer) { $0.member("reason", reason) }
        sendNow(buffer)
    }

    // MARK: Cancelling

    /// Only what runs on files can be cancelled: what the sequencer has is decided within milliseconds.
    private func cancel(_ id: RequestID, _ pending: PendingAnswer) {
        let found = open.values.first { $0.isCancellable && $0.pending.reply?.id == id }
        if let found { answerEarly(found.pending, ConnectionHandler.cancelledError) }
        var result = JSONWriter()
        result.object { $0.member("cancelled", found != nil) }
        complete(pending, .success(result.take()))
    }

    private static let cancelledError = RPCError(.cancelled, "the request was cancelled", reason: "CANCELLED")
}
