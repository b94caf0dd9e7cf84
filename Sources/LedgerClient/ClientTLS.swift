/// How a client encrypts its TCP connections, and whom it trusts. Files are in PEM, and are read for every connection anew:
/// certificates may be renewed while a program runs.
public struct ClientTLS: Hashable, Sendable {
    /// The authorities that may have signed the server's certificate; nil: those that the system trusts.
    public var authoritiesFile: String?
    /// The name that the server's certificate has to hold; nil: the host that is connected to.
    public var serverName: String?
    /// What the client shows where the server asks for a certificate.
    public var identity: Identity?

    /// A certificate and the key that proves it.
    public struct Identity: Hashable, Sendable {
        /// The client's certificate, and behind it those that lead to its authority.
        public var certificateFile: String
        /// Its private key, without a passphrase.
        public var keyFile: String

        /// Files at these paths.
        public init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    /// The defaults: who the system trusts, the host's own name, and nothing to show.
    public init(authoritiesFile: String? = nil, serverName: String? = nil, identity: Identity? = nil) {
        self.authoritiesFile = authoritiesFile
        self.serverName = serverName
        self.identity = identity
    }
}
