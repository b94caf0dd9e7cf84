public import LineJSON
import LineProtocol
import NIOCore
import Synchronization

/// A connection to a Ledgerline server for calls, any number of them at a time.
///
///     let client = try await LedgerClient.connect(to: .default)
///     let reply = try await client.call("usage.get") { params in
///         params.member("org", "00D000000000001")
///         params.member("workspace", "support")
///     }
///     try reply.withValue { usage in print(usage["tier"]?.string() ?? "") }
///     await client.close()
///
/// Calls are pipelined: each is sent at once, and answers are joined to them by id. A connection that is lost stays lost;
/// connect again. Event streams have connections of their own: see `withEventStream` and `EventTail`.
public final class LedgerClient: Sendable {
    /// Where the server is.
    public let address: ServerAddress
    /// How it was connected to.
    public let configuration: ClientConfiguration

    private let channel: any Channel
    private let handler: NIOLoopBound<CallHandler>
    private let lastID = Atomic<Int64>(0)

    private init(
        address: ServerAddress,
        configuration: ClientConfiguration,
        channel: any Channel,
        handler: NIOLoopBound<CallHandler>
    ) {
        self.address = address
        self.configuration = configuration
        self.channel = channel
        self.handler = handler
    }

    deinit {
        channel.close(promise: nil)
    }

    /// Connects.
    ///
    /// Throws `LedgerClientError.cannotConnect`, with what to do about it, and `.cannotEncrypt`.
    public static func connect(
        to address: ServerAddress,
        configuration: ClientConfiguration = ClientConfiguration()
    ) async throws -> LedgerClient {
        try await address.connect(configuration) { channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = CallHandler(address: address, configuration: configuration)
                try channel.pipeline.syncOperations.addHandler(handler)
                return LedgerClient(
                    address: address,
                    configuration: configuration,
                    channel: channel,
                    handler: NIOLoopBound(handler, eventLoop: channel.eventLoop)
                )
            }
        }
    }

    /// Closes the connection; calls that still wait fail with `connectionLost`.
    public func close() async {
        // It may be closed already: that is what was wanted.
        try? await channel.close().get()
    }

    /// Carries out a method whose parameters `params` writes.
    ///
    /// See `call(_:params:deadline:)`.
    public func call(
        _ method: String,
        deadline: Duration? = nil,
        _ params: (inout JSONWriter) throws -> Void
    ) async throws -> Reply {
        var writer = JSONWriter()
        try writer.object { object in try params(&object) }
        return try await call(method, params: writer.take(), deadline: deadline)
    }

    /// Carries out a method with parameters that are a JSON object already, nil for none.
    ///
    /// With a deadline, the server gives up when it passed; when not even that arrives, the client does so itself.
    /// Cancelling the task asks the server to cancel the request, and throws `CancellationError` at once.
    ///
    /// Throws `RPCError` when the server refuses, `LedgerClientError` when the connection fails.
    public func call(_ method: String, params: [UInt8]? = nil, deadline: Duration? = nil) async throws -> Reply {
        try Task.checkCancellation()
        let id = nextID()
        let eventLoop = channel.eventLoop
        let promise = eventLoop.makePromise(of: Reply.self)
        let call = CallHandler.Call(
            id: id,
            line: line(id: id, method, params, deadline),
            promise: promise,
            patience: deadline.map { TimeAmount($0 + configuration.deadlineGrace) }
        )
        // Sent before the cancellation handler is in place, so that a cancellation always comes behind it.
        eventLoop.execute { [handler] in handler.value.send(call) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: Int64) {
        var params = JSONWriter()
        params.object { $0.member("id", id) }
        let cancelID = nextID()
        let cancelLine = line(id: cancelID, "rpc.cancel", params.take(), nil)
        channel.eventLoop.execute { [handler] in
            handler.value.cancel(id, cancelRequest: (cancelID, cancelLine))
        }
    }

    private func nextID() -> Int64 { lastID.add(1, ordering: .relaxed).newValue }

    private func line(id: Int64, _ method: String, _ params: [UInt8]?, _ deadline: Duration?) -> ByteBuffer {
        var writer = JSONWriter()
        writer.request(
            id: id,
            method: method,
            params: params,
            deadlineMilliseconds: deadline.map(\.wholeMilliseconds),
            token: configuration.token
        )
        writer.endLine()
        return ByteBuffer(bytes: writer.take())
    }
}

extension Duration {
    /// At least 1: a deadline of no time at all is none.
    fileprivate var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return max(1, seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
