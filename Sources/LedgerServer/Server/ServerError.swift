/// Why a server did not start.
package enum ServerError: Error, Equatable, CustomStringConvertible {
    /// The address is not loopback, connections are not encrypted, and `--insecure` was not given.
    case insecureAddress(String)
    /// The address is not loopback, no tokens are demanded, and `--insecure` was not given.
    case openAddress(String)
    case cannotListen(address: String, reason: String)
    case cannotWritePortFile(path: String, reason: String)

    package var description: String {
        switch self {
        case .insecureAddress(let host):
            "refusing to listen on \(host): anybody who reaches it could read and write the ledger. "
                + "Listen on 127.0.0.1, or encrypt with --tls-certificate and --tls-key, "
                + "or pass --insecure if the network in front of it is trusted"
        case .openAddress(let host):
            "refusing to listen on \(host): there is no token yet, so anybody who reaches it could read and write the "
                + "ledger. Make one with `ledgerline token create --data DIR --role admin`, or pass --require-tokens and "
                + "make it over the Unix socket"
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .cannotWritePortFile(let path, let reason): "cannot write the port to \(path): \(reason)"
        }
    }
}
