import LedgerClient
import LineJSON
import LineProtocol
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A server on a port of its own that answers every line as a test tells it to.
final class FakeServer: Sendable {
    /// One request as it arrived.
    struct Request: Sendable {
        var id: Int64
        var method: String
        /// Everything, the parameters as JSON text.
        var line: String
        /// Which connection it came by, counted from 1.
        var connection: Int
    }

    /// What follows a request.
    enum Reaction: Sendable {
        case lines([String])
        case linesThenClose([String])

        static let silence = Reaction.lines([])
        static func result(_ request: Request, _ json: String) -> Reaction {
            .lines([FakeServer.result(request, json)])
        }
    }

    let address: ServerAddress
    /// The requests, in the order of their arrival.
    let requests: AsyncStream<Request>
    private let channel: any Channel

    static func result(_ request: Request, _ json: String) -> String {
        #"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(json)}"#
    }

    init(_ react: @escaping @Sendable (Request) -> Reaction) async throws {
        let (requests, continuation) = AsyncStream.makeStream(of: Request.self)
        self.requests = requests
        let connections = Atomic<Int>(0)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let number = connections.add(1, ordering: .relaxed).newValue
                return channel.eventLoop.makeCompletedFuture {
                    let handler = Handler(connection: number) { request in
                        continuation.yield(request)
                        return react(request)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        address = .tcp(host: "127.0.0.1", port: try #require(channel.localAddress?.port))
    }

    deinit {
        channel.close(promise: nil)
    }

    /// Stops listening.
    func stop() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let connection: Int
        private let react: (Request) -> Reaction
        private var framer = LineFramer()
        private var tape = JSONTape()

        init(connection: Int, react: @escaping (Request) -> Reaction) {
            self.connection = connection
            self.react = react
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var input = unwrapInboundIn(data)
            framer.append(&input)
            while let reaction = framer.withNextLine({ line in react(request(line)) }) {
                switch reaction {
                case .lines(let lines):
                    write(lines, context)
                case .linesThenClose(let lines):
                    write(lines, context)
                    context.close(promise: nil)
                }
            }
        }

        private func request(_ line: FramedLine) -> Request {
            guard case .line(let bytes) = line else { preconditionFailure("an over-long request") }
            do {
                return try tape.withParsed(bytes) { request in
                    Request(
                        id: request["id"]?.integer ?? -1,
                        method: request["method"]?.string() ?? "",
                        line: String(decoding: bytes, as: UTF8.self),
                        connection: connection
                    )
                }
            } catch {
                preconditionFailure("the client wrote no JSON: \(error)")
            }
        }

        private func write(_ lines: [String], _ context: ChannelHandlerContext) {
            for line in lines { context.write(wrapOutboundOut(ByteBuffer(string: line + "\n")), promise: nil) }
            context.flush()
        }
    }
}
