/// Why a call could not be carried out at all. What the server itself refuses comes as `RPCError`.
public enum LedgerClientError: Error, Hashable, Sendable {
    /// There is no connection to be had.
    case cannotConnect(ServerAddress, reason: String)
    /// The server could not be trusted, did not want this client, or does not encrypt; nothing was sent.
    case cannotEncrypt(ServerAddress, reason: String)
    /// There is a token to be shown, the connection would leave this machine unencrypted, and
    /// `ClientConfiguration.isInsecureAllowed` is false; nothing was sent.
    case tokenUnprotected(ServerAddress)
    /// The connection ended before the answer came; a command may or may not have been carried out.
    case connectionLost(ServerAddress, reason: String)
    /// The server sent what this client does not understand.
    case unexpectedAnswer(ServerAddress, reason: String)
    /// `ClientConfiguration.callsInFlightMax` calls wait already.
    case tooManyCalls(ServerAddress, limit: Int)
}

extension LedgerClientError: CustomStringConvertible {
    /// What happened, where, and what to do about it.
    public var description: String {
        switch self {
        case .cannotConnect(let address, let reason):
            "cannot connect to \(address): \(reason); is `ledgerline serve` running?"
        case .cannotEncrypt(let address, let reason):
            "no encrypted connection to \(address): \(reason)"
        case .tokenUnprotected(let address):
            "not connecting to \(address): whoever is on the way could read the token, and use it. Encrypt the connection "
                + "(--tls, --tls-ca FILE), or pass --insecure if the network in between is trusted"
        case .connectionLost(let address, let reason):
            "lost the connection to \(address): \(reason)"
        case .unexpectedAnswer(let address, let reason):
            "\(address) sent something unexpected (\(reason)); is it a ledgerline server?"
        case .tooManyCalls(let address, let limit):
            "\(limit) calls to \(address) wait for their answers already"
        }
    }
}
