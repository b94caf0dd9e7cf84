package import EventSourcing
package import LedgerService
package import Logging

/// What a server is started with.
package struct ServerConfiguration: Sendable {
    /// Where the ledger's files are; made when missing.
    package var dataDirectory: String
    /// The TCP address to listen on; port 0 picks a free one.
    package var host: String
    package var port: Int
    /// A Unix socket to listen on besides.
    package var unixSocketPath: String?
    /// What TCP connections are encrypted with; nil: they are not.
    package var tls: TLSFiles?
    /// Demands tokens over TCP from the start; otherwise from the first one on that there ever was.
    package var areTokensRequired: Bool
    /// Where the random bytes of tokens come from.
    package var tokenRandomness: TokenRandomness
    /// Allows to listen beyond loopback without TLS and tokens.
    package var isInsecureAllowed: Bool
    /// Gets the TCP port as text once the server answers.
    package var portFile: String?
    package var limits: ServerLimits
    package var snapshotEvents: Int64
    /// Serves a log that is shorter than it is known to have been.
    package var isShorterLogAccepted: Bool
    package var clock: ServiceClock
    package var logger: Logger
    /// Called once when the log refuses an append or turns out to be damaged, and the clients were told so as far as they
    /// take it; nothing is acknowledged from then on, and the process must exit.
    package var onFailure: @Sendable (any Error) -> Void
    /// Gets the position reached and the head's while the log is replayed at start.
    package var onReplay: @Sendable (LogPosition, LogPosition) -> Void

    package init(
        dataDirectory: String,
        host: String = "127.0.0.1",
        port: Int = ServerConfiguration.defaultPort,
        unixSocketPath: String? = nil,
        tls: TLSFiles? = nil,
        areTokensRequired: Bool = false,
        tokenRandomness: TokenRandomness = .system,
        isInsecureAllowed: Bool = false,
        portFile: String? = nil,
        limits: ServerLimits = ServerLimits(),
        snapshotEvents: Int64 = 1_000_000,
        isShorterLogAccepted: Bool = false,
        clock: ServiceClock = .system,
        logger: Logger = Logger(label: "ledgerline"),
        onFailure: @escaping @Sendable (any Error) -> Void,
        onReplay: @escaping @Sendable (LogPosition, LogPosition) -> Void = { _, _ in }
    ) {
        self.dataDirectory = dataDirectory
        self.host = host
        self.port = port
        self.unixSocketPath = unixSocketPath
        self.tls = tls
        self.areTokensRequired = areTokensRequired
        self.tokenRandomness = tokenRandomness
        self.isInsecureAllowed = isInsecureAllowed
        self.portFile = portFile
        self.limits = limits
        self.snapshotEvents = snapshotEvents
        self.isShorterLogAccepted = isShorterLogAccepted
        self.clock = clock
        self.logger = logger
        self.onFailure = onFailure
        self.onReplay = onReplay
    }

    package static let defaultPort = 7_411
}

/// What one client may use up. Over a bound it is told so.
package struct ServerLimits: Sendable {
    /// The longest request line, in bytes.
    package var lineBytesMax = 1 << 20
    /// Requests in one JSON-RPC batch.
    package var batchRequestsMax = 1_000
    /// The answers to one batch, in bytes; once they are more, the requests that are left are refused.
    package var batchAnswerBytesMax = 16 << 20
    /// Requests of one connection that are not answered yet; beyond them its input is left unread.
    package var requestsInFlightMax = 8_192
    /// Tokens of no use that are looked at on one connection; it is told so and closed with the last.
    package var uselessTokensMax = 5
    /// Event subscriptions of one connection.
    package var subscriptionsMax = 64
    /// Streams and subscriptions of all connections together.
    package var readersMax = 4_096
    /// Open connections; one more is told so and closed.
    package var connectionsMax = 10_240
    /// Requests of all connections that wait to be carried out; more are refused.
    package var backlog = BacklogLimits()
    /// How long a connection may ask nothing, when nothing is under way on it; zero: for ever.
    package var idleTimeout = TimeSpan.minutes(10)
    /// How long a line may take to end; zero: for ever.
    package var lineTimeout = TimeSpan.minutes(1)
    /// How long a client may take nothing of what it asked for; zero: for ever.
    package var unreadTimeout = TimeSpan.minutes(5)

    package init() {}
}
