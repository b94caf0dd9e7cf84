package import NIOCore
package import NIOPosix

extension ServerAddress {
    /// Opens a connection whose channel `setUp` prepares.
    ///
    /// Throws `LedgerClientError.cannotConnect`.
    package func connect<Output: Sendable>(
        _ configuration: ClientConfiguration,
        group: MultiThreadedEventLoopGroup = .singleton,
        _ setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> Output {
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
        do {
            switch self {
            case .tcp(let host, let port):
                return try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port, channelInitializer: setUp)
            case .unix(let path):
                return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: setUp)
            }
        } catch {
            throw LedgerClientError.cannotConnect(self, reason: connectionFailureText(error))
        }
    }
}
