import NIOCore
import NIOEmbedded

@testable import LedgerServer

/// One connection to a server: the server's end of it is the real handler in a channel of its own.
final class Link {
    let wire: Wire
    /// It did not end by the server's closing it.
    private(set) var isCutOff = false
    private let channel: EmbeddedChannel
    private let loop = EmbeddedEventLoop()
    /// How far the loop's timers have come.
    private var time: Int64

    init(_ wire: Wire, to server: ConnectionSetup, at time: Int64) throws {
        self.wire = wire
        self.time = time
        channel = EmbeddedChannel(handlers: [wire, ConnectionHandler(server, via: .unix)], loop: loop)
        wire.attach(to: channel)
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "simulated"), promise: nil)
        channel.pipeline.read()
    }

    /// The loop does what waits for it, timers that are due by `time` included.
    func run(at time: Int64) {
        let passed = max(0, time - self.time)
        self.time = max(time, self.time)
        loop.advanceTime(by: .milliseconds(passed))
    }

    /// Ends it on both sides.
    func cutOff(losing isLost: Bool) {
        isCutOff = true
        wire.cutOff(losing: isLost)
        loop.run()
    }
}
