import Foundation
import NIOCore
import NIOPosix

/// Has the system end connections whose other side is gone without a word: a machine that lost its power, a network that
/// forgot them. Nothing that the server itself could see tells them from clients that are silent. Where something was sent
/// that nobody acknowledged, the system sends it again first, for a quarter of an hour: a bound on that, TCP_USER_TIMEOUT,
/// would count the time in which a client merely has no room for more, too, and replace the bounds below.
enum KeepAlive {
    /// Seconds of silence before the system asks whether the other side is there.
    static let idle = 60
    /// Seconds between two such questions.
    static let interval = 15
    /// Questions without answer after which the connection is ended.
    static let questions = 4

    static func set(on bootstrap: ServerBootstrap) -> ServerBootstrap {
        bootstrap
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(option(TCP_KEEPIDLE)), value: idle)
            .childChannelOption(.tcpOption(option(TCP_KEEPINTVL)), value: interval)
            .childChannelOption(.tcpOption(option(TCP_KEEPCNT)), value: questions)
    }

    private static func option(_ name: Int32) -> NIOBSDSocket.Option { NIOBSDSocket.Option(rawValue: name) }
}
