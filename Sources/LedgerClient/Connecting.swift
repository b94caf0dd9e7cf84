package import NIOCore
package import NIOPosix
import NIOSSL
import TransportSecurity

extension ServerAddress {
    /// Opens a connection whose channel `setUp` prepares, once it is encrypted where it is to be.
    ///
    /// Throws `LedgerClientError.cannotConnect`, `.cannotEncrypt` and `.tokenUnprotected`.
    package func connect<Output: Sendable>(
        _ configuration: ClientConfiguration,
        group: MultiThreadedEventLoopGroup = .singleton,
        _ setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> Output {
        guard configuration.protectsToken(to: self) else { throw LedgerClientError.tokenUnprotected(self) }
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
        do {
            switch self {
            case .tcp(let host, let port):
                let bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                guard let tls = configuration.tls else {
                    return try await bootstrap.connect(host: host, port: port, channelInitializer: setUp)
                }
                let encryption = try await tls.encryption(towards: host, patience: configuration.connectTimeout)
                return try await bootstrap.connect(host: host, port: port) { channel in
                    encryption.add(to: channel, setUp)
                }.get()
            case .unix(let path):
                return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: setUp)
            }
        } catch let failure as TLSFailure {
            throw LedgerClientError.cannotEncrypt(self, reason: failure.reason)
        } catch let error as PEMFileError {
            throw LedgerClientError.cannotEncrypt(self, reason: "\(error)")
        } catch {
            throw LedgerClientError.cannotConnect(self, reason: connectionFailureText(error))
        }
    }
}

extension ClientConfiguration {
    /// Whether nobody on the way to the server can read the token, or may.
    fileprivate func protectsToken(to address: ServerAddress) -> Bool {
        guard case .tcp(let host, _) = address, token != nil, tls == nil else { return true }
        return isInsecureAllowed || Loopback.contains(host)
    }
}
