import LineJSON
import LineProtocol
import NIOCore
import NIOPosix

/// Opens an event stream on a connection of its own, lends its lines to `body`, and closes the connection when `body` is
/// done, however it ends.
///
///     try await withEventStream(to: .default, EventStreamRequest(from: .start)) { lines in
///         for try await line in lines { … }
///     }
///
/// Throws `LedgerClientError` and `RPCError`, and whatever `body` throws.
public func withEventStream<R: Sendable>(
    to address: ServerAddress,
    _ request: EventStreamRequest,
    configuration: ClientConfiguration = ClientConfiguration(),
    _ body: (EventLines) async throws -> R
) async throws -> R {
    let channel = try await address.connect(configuration) { channel in
        channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
    }
    return try await channel.executeThenClose { inbound, outbound in
        do {
            try await outbound.write(request.line(token: configuration.token))
        } catch {
            throw LedgerClientError.connectionLost(address, reason: connectionFailureText(error))
        }
        return try await body(
            EventLines(inbound: inbound, address: address, lineBytesMax: configuration.lineBytesMax)
        )
    }
}

extension EventStreamRequest {
    fileprivate func line(token: String?) -> ByteBuffer {
        var writer = JSONWriter()
        writer.request(id: 1, method: "events.stream", params: params(), token: token)
        writer.endLine()
        return ByteBuffer(bytes: writer.take())
    }
}
