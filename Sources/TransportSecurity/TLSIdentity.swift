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
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw PEMFileError(path: keyFile, reason: "is not the key of \(certificateFile)")
        }
    }
}
