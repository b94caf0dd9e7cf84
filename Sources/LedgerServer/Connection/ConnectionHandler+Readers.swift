import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import NIOCore

/// Requests that are about the connection itself: streams, subscriptions, cancelling, help.
extension ConnectionHandler {
    func perform(_ request: ConnectionRequest, for pending: PendingAnswer) {
        switch request {
        case .stream(let stream): resolve(stream, for: pending) { [self] in beginStream(stream, from: $0, pending) }
        case .subscribe(let stream): resolve(stream, for: pending) { [self] in subscribe(stream, from: $0, pending) }
        case .unsubscribe(let subscription): unsubscribe(subscription, pending)
        case .cancel(let id): cancel(id, pending)
        case .plainText(let text): answer(plainText: text, to: pending)
        }
    }

    // MARK: Beginning

    /// Finds the position at which to begin; reads files when it is given as an instant.
    private func resolve(
        _ stream: StreamRequest, for pending: PendingAnswer, then begin: @escaping (ReaderStart) -> Void
    ) {
        guard let context else { return }
        let service = setup.service
        let start = setup.pages.read(on: context.eventLoop) { try stream.start(in: service) }
        start.assumeIsolated().whenComplete { [weak self] result in
            guard let self, self.context != nil else { return }
            switch result {
            case .success(let start): begin(start)
            case .failure(let error): complete(pending, .failure(RPCError(refusing: error)))
            }
            flush()
        }
    }

    private func beginStream(_ request: StreamRequest, from start: ReaderStart, _ pending: PendingAnswer) {
        guard let context else { return }
        guard stream == nil && subscriptions.isEmpty else {
            complete(pending, .failure(ConnectionHandler.streamingError))
            return
        }
        if case .batch = pending.destination {
            let error = RPCError(.invalidArgument, "events.stream cannot be part of a batch", reason: "STREAM_IN_BATCH")
            complete(pending, .failure(error))
            return
        }
        setup.metrics.count(pending.method, refusal: nil)
        writer.control("streaming") { control in
            control.member("from", start.position)
            control.member("head", setup.service.feed.head.position)
            if request.wantsBlocks { control.member("previous", start.previousHash) }
        }
        deliver(writer.take(), to: pending.destination)
        let pump = EventPump(
            request, from: start.position, output: .rawLines, service: setup.service, files: setup.pages, context: context,
            onFailure: { [weak self] error in self?.endStreams(reason: RPCError(refusing: error).message) }
        )
        stream = pump
        readerBegan()
        _ = machine.requestsAnswered(1)
        flush()
        pump.start()
    }

    private func subscribe(_ request: StreamRequest, from start: ReaderStart, _ pending: PendingAnswer) {
        guard let context else { return }
        let most = setup.configuration.limits.subscriptionsMax
        guard subscriptions.count < most else {
            let error = RPCError(
                .resourceExhausted, "a connection may have \(most) subscriptions", reason: "SUBSCRIPTIONS_MAX")
            complete(pending, .failure(error))
            return
        }
        let number = nextSubscription
        nextSubscription += 1
        var result = JSONWriter()
        result.object { object in
            object.member("subscription", number)
            object.member("from", start.position)
            object.member("head", setup.service.feed.head.position)
            if request.wantsBlocks { object.member("previous", start.previousHash) }
        }
        complete(pending, .success(result.take()))
        let dialect = pending.reply?.dialect ?? .jsonRPC
        let pump = EventPump(
            request, from: start.position, output: .notifications(subscription: number, dialect), service: setup.service,
            files: setup.pages, context: context,
            onFailure: { [weak self] error in self?.endSubscription(number, because: error) }
        )
        subscriptions[number] = pump
        readerBegan()
        flush()
        pump.start()
    }

    private func readerBegan() {
        machine.readerBegan()
        setup.connections.countSubscriptions(1)
    }

    // MARK: Ending

    private func unsubscribe(_ subscription: Int64, _ pending: PendingAnswer) {
        let pump = subscriptions.removeValue(forKey: subscription)
        var result = JSONWriter()
        result.object { $0.member("unsubscribed", pump != nil) }
        complete(pending, .success(result.take()))
        if let pump { end(pump) }
    }

    private func endSubscription(_ subscription: Int64, because error: any Error) {
        guard let pump = subscriptions.removeValue(forKey: subscription) else { return }
        writeClosing(pump, reason: RPCError(refusing: error).message)
        end(pump)
        flush()
    }

    /// Ends the stream and all subscriptions, and says why.
    func endStreams(reason: String) {
        let wasStreaming = stream != nil
        for pump in [stream].compactMap(\.self) + subscriptions.values {
            writeClosing(pump, reason: reason)
            end(pump)
        }
        stream = nil
        subscriptions.removeAll()
        flush()
        if wasStreaming { perform(.close) }
    }

    /// The connection is gone.
    func stopReaders() {
        for pump in [stream].compactMap(\.self) + subscriptions.values { end(pump) }
        stream = nil
        subscriptions.removeAll()
    }

    private func end(_ pump: EventPump) {
        pump.stop()
        setup.connections.countSubscriptions(-1)
        perform(machine.readerEnded())
    }

    private func writeClosing(_ pump: EventPump, reason: String) {
        var buffer = ByteBuffer()
        pump.output.append(control: "closing", to: &buffer) { $0.member("reason", reason) }
        context?.write(wrapOutboundOut(buffer), promise: nil)
        context?.flush()
    }

    // MARK: Cancelling

    /// Only what runs on files can be cancelled: what the sequencer has is decided within milliseconds.
    private func cancel(_ id: RequestID, _ pending: PendingAnswer) {
        let found = open.values.first { $0.isCancellable && $0.pending.reply?.id == id }
        if let found { complete(found.pending, .failure(ConnectionHandler.cancelledError)) }
        var result = JSONWriter()
        result.object { $0.member("cancelled", found != nil) }
        complete(pending, .success(result.take()))
    }

    private static let cancelledError = RPCError(.cancelled, "the request was cancelled", reason: "CANCELLED")
}
