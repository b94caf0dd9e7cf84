import NIOCore
import NIOPosix
import NIOSSL
import TransportSecurity

/// What a connection to one host is encrypted with.
struct ClientEncryption: Sendable {
    fileprivate let context: NIOSSLContext
    /// nil: the server's certificate has to hold the address that is connected to.
    fileprivate let serverName: String?
    /// How long the handshake may take.
    fileprivate let patience: TimeAmount

    /// Encrypts a channel, and has `setUp` prepare it when that is done: the inner future.
    func add<Output: Sendable>(
        to channel: any Channel,
        _ setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) -> EventLoopFuture<EventLoopFuture<Output>> {
        channel.eventLoop.makeCompletedFuture {
            let promise = channel.eventLoop.makePromise(of: Output.self)
            let encryption = try NIOSSLClientHandler(context: context, serverHostname: serverName)
            let handshake = ClientHandshake(encryption, patience: patience, promise: promise, setUp: setUp)
            try channel.pipeline.syncOperations.addHandlers(encryption, handshake)
            return promise.futureResult
        }
    }
}

extension ClientTLS {
    /// Reads the files.
    ///
    /// Throws `PEMFileError` for one that cannot be used, and `TLSFailure`.
    func encryption(towards host: String, patience: Duration) async throws -> ClientEncryption {
        if let serverName, serverName.isIPAddress {
            throw TLSFailure("a server's name is wanted, and \(serverName) is an address")
        }
        let name = serverName ?? (host.isIPAddress ? nil : host)
        // Away from the caller's thread: the system's authorities are many.
        let context = try await NIOThreadPool.singleton.runIfActive { try makeContext() }
        return ClientEncryption(context: context, serverName: name, patience: TimeAmount(patience))
    }

    private func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authoritiesFile { configuration.trustRoots = .certificates(try PEMFile.certificates(authoritiesFile)) }
        if let identity {
            let identity = try TLSIdentity(certificateFile: identity.certificateFile, keyFile: identity.keyFile)
            configuration.certificateChain = identity.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(identity.key)
        }
        return try NIOSSLContext(configuration: configuration)
    }
}

extension String {
    fileprivate var isIPAddress: Bool { (try? SocketAddress(ipAddress: self, port: 0)) != nil }
}
