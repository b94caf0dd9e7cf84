import LedgerClient
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A server that writes events to whoever connects, as fast as they are taken.
final class FloodingServer: Sendable {
    let address: ServerAddress
    private let written: Counter
    private let channel: any Channel

    /// A number that several threads may see.
    private final class Counter: Sendable {
        let value = Atomic<Int64>(0)
    }

    /// How many lines were handed to the operating system so far.
    var linesWritten: Int64 { written.value.load(ordering: .relaxed) }

    init(lines: Int64) async throws {
        let written = Counter()
        self.written = written
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = Handler(lines: lines) { written.value.add($0, ordering: .relaxed) }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        address = .tcp(host: "127.0.0.1", port: try #require(channel.localAddress?.port))
    }

    deinit {
        channel.close(promise: nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private static let linesPerWrite: Int64 = 100
        private let lines: Int64
        private let didWrite: @Sendable (Int64) -> Void
        private var next: Int64 = 1

        init(lines: Int64, didWrite: @escaping @Sendable (Int64) -> Void) {
            self.lines = lines
            self.didWrite = didWrite
        }

        func channelActive(context: ChannelHandlerContext) {
            writeSome(context)
        }

        private func writeSome(_ context: ChannelHandlerContext) {
            let last = min(next + Handler.linesPerWrite - 1, lines)
            var text = (next...last).map { #"{"position":\#($0),"data":{"padding":"\#(Handler.padding)"}}"# + "\n" }
                .joined()
            if last == lines { text += #"{"control":"closing"}"# + "\n" }
            let count = last - next + 1
            next = last + 1
            let loopBoundContext = NIOLoopBound(context, eventLoop: context.eventLoop)
            let loopBoundSelf = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).whenSuccess { [didWrite, lines] in
                didWrite(count)
                let (handler, context) = (loopBoundSelf.value, loopBoundContext.value)
                if handler.next <= lines { handler.writeSome(context) } else { context.close(promise: nil) }
            }
        }

        private static let padding = String(repeating: "x", count: 1_000)
    }
}
