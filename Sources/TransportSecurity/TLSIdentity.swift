package import NIOSSL

/// A certificate and the key that proves it.
package struct TLSIdentity: Sendable {
    /// The certificate, and behind it those that lead to its authority.
    package let chain: [NIOSSLCertificate]
    package let key: NIOSSLPrivateKey

    /// Reads both files and checks that they belong together.
    package init(certificateFile: String, keyFile: String) throws(PEMFileError) {
        chain = try PEMFile.certificates(certificateFile)
        key = try PEMFile.privateKey(keyFile)
        guard !TLSIdentity.isUsable(chain, key) else { return }
        // What was to blame is found out by trying each alone: the library does not say.
        guard TLSIdentity.isUsable(chain, nil) else {
            throw PEMFileError(path: certificateFile, reason: "holds a certificate of a kind that TLS cannot use here")
        }
        guard TLSIdentity.isUsable([], key) else {
            throw PEMFileError(path: keyFile, reason: "holds a key of a kind that TLS cannot use here")
        }
        throw PEMFileError(path: keyFile, reason: "is not the key of \(certificateFile)")
    }

    private static func isUsable(_ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey?) -> Bool {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = chain.map { .certificate($0) }
        configuration.privateKey = key.map { .privateKey($0) }
        // Nobody is met with it.
        configuration.trustRoots = .certificates([])
        return (try? NIOSSLContext(configuration: configuration)) != nil
    }
}
