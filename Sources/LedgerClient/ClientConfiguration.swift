/// How a client behaves; the bounds of what it holds.
public struct ClientConfiguration: Sendable {
    /// How long connecting may take, and as long again the handshake of an encrypted connection.
    public var connectTimeout: Duration
    /// How much longer than a call's deadline the client waits for the server to say that it passed.
    public var deadlineGrace: Duration
    /// Calls that may wait for their answers at a time on one connection; one more is refused.
    public var callsInFlightMax: Int
    /// The longest line that is read from the server, in bytes.
    public var lineBytesMax: Int
    /// What the server wants to see in every request, where it wants one.
    public var token: String?

    /// How TCP connections are encrypted; nil: they are not. Unix sockets do not leave the machine, and never are.
    public var tls: ClientTLS?

    /// Sends the token unencrypted beyond this machine too, where whoever is on the way can read it and use it.
    public var isInsecureAllowed: Bool

    /// The defaults: 5 s, 1 s, 10,000 calls, 64 MiB, no token, no encryption, and no token sent
    /// unencrypted beyond this machine.
    public init(
        connectTimeout: Duration = .seconds(5),
        deadlineGrace: Duration = .seconds(1),
        callsInFlightMax: Int = 10_000,
        lineBytesMax: Int = 64 << 20,
        token: String? = nil,
        tls: ClientTLS? = nil,
        isInsecureAllowed: Bool = false
    ) {
        self.connectTimeout = connectTimeout
        self.deadlineGrace = deadlineGrace
        self.callsInFlightMax = callsInFlightMax
        self.lineBytesMax = lineBytesMax
        self.token = token
        self.tls = tls
        self.isInsecureAllowed = isInsecureAllowed
    }
}
