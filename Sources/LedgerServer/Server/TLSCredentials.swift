import EventSourcing
import NIOCore
import NIOSSL
import TransportSecurity

/// What the server proves itself with, and whom it lets in, as its files said at one moment.
struct TLSCredentials: Sendable {
    /// What a connection is encrypted with.
    let context: NIOSSLContext
    /// When the first certificate of the chain ends.
    let notAfter: Timestamp

    /// Reads the files. Throws `PEMFileError` for the one that cannot be used.
    init(_ files: TLSFiles) throws {
        let identity = try TLSIdentity(certificateFile: files.certificate, keyFile: files.key)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: identity.chain.map { .certificate($0) },
            privateKey: .privateKey(identity.key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.shutdownTimeout = TLSCredentials.farewellMax
        if let path = files.clientAuthorities {
            configuration.trustRoots = .certificates(try PEMFile.certificates(path))
            // Clients are known by who signed them; they have no host names.
            configuration.certificateVerification = .noHostnameVerification
            configuration.sendCANameList = true
        }
        context = try NIOSSLContext(configuration: configuration)
        notAfter = Timestamp(milliseconds: Int64(identity.chain.map(\.notValidAfter).min() ?? 0) * 1_000)
    }

    /// How long a client is given to confirm the end of the connection; the connection has waited for it already.
    private static let farewellMax = TimeAmount.milliseconds(100)
}
