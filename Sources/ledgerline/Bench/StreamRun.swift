import LedgerClient
import LineProtocol
import NIOCore
import NIOPosix

/// Reads a log from its start to its end by `events.stream`, on one connection.
struct StreamRun {
    let address: ServerAddress
    let configuration: ClientConfiguration

    func result() async throws -> StreamResult {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let greeting = configuration.greeting
        do {
            let done = try await address.connect(configuration, group: group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let done = channel.eventLoop.makePromise(of: StreamResult.self)
                    try channel.pipeline.syncOperations.addHandler(StreamHandler(greeting: greeting, done: done))
                    return done.futureResult
                }
            }
            let result = try await done.get()
            try await group.shutdownGracefully()
            return result
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }
}

/// What was read until the stream said that it caught up.
struct StreamResult: Sendable {
    var events: Int64 = 0
    /// Bytes of event lines, their ends included.
    var bytes: Int64 = 0
    /// From the request's writing on.
    var seconds = 0.0
}

/// Asks for the stream and counts what comes. Lives on its channel's event loop.
private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let request = #"{"jsonrpc":"2.0","id":1,"method":"events.stream","params":{"from":"start"}}"# + "\n"

    private let greeting: ByteBuffer
    private let done: EventLoopPromise<StreamResult>
    private var framer = LineFramer()
    private var lines = StreamLineCounter()
    private var begun = NIODeadline.now()

    init(greeting: ByteBuffer, done: EventLoopPromise<StreamResult>) {
        self.greeting = greeting
        self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
        begun = .now()
        context.write(wrapOutboundOut(greeting), promise: nil)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: StreamHandler.request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        framer.append(&input)
        do {
            // As a local value it is reached without a check for exclusive access at each line.
            var counted = lines
            let isMoreToCome = try framer.takeLines { line in try !counted.take(line) }
            lines = counted
            if !isMoreToCome { finish(context) }
        } catch {
            done.fail(error)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(CommandFailure(.connection, "the server closed the connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext) {
        let nanoseconds = (NIODeadline.now() - begun).nanoseconds
        done.succeed(
            StreamResult(events: lines.events, bytes: lines.bytes, seconds: Double(nanoseconds) / 1_000_000_000)
        )
        context.close(promise: nil)
    }
}
