import Foundation
import NIOCore
import NIOPosix

/// Has the system end connections whose other side is gone without a word: a machine that lost its power, a network that
/// forgot them. Nothing that the server itself could see tells them from clients that are silent.
enum KeepAlive {
    /// Seconds of silence before the system asks whether the other side is there.
    private static let idle = 60
    /// Seconds between two such questions.
    private static let interval = 15
    /// Questions without answer after which the connection is ended.
    private static let questions = 4
    /// Milliseconds after which it is ended when what was sent is not acknowledged. Longer than a client may take nothing:
    /// the system counts the time in which it has no room for more, too, and such a client is the connection's watch to end.
    private static let unacknowledged = 600_000

    static func set(on bootstrap: ServerBootstrap) -> ServerBootstrap {
        bootstrap
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(option(TCP_KEEPIDLE)), value: idle)
            .childChannelOption(.tcpOption(option(TCP_KEEPINTVL)), value: interval)
            .childChannelOption(.tcpOption(option(TCP_KEEPCNT)), value: questions)
            .childChannelOption(.tcpOption(option(TCP_USER_TIMEOUT)), value: unacknowledged)
    }

    private static func option(_ name: Int32) -> NIOBSDSocket.Option { NIOBSDSocket.Option(rawValue: name) }
}
