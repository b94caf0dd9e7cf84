public import ArgumentParser
import EventSourcing
import Foundation
import LedgerClient
import LedgerServer
public import Logging

/// `ledgerline serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Keep a ledger and answer requests.",
        discussion: """
            Runs until SIGTERM or SIGINT, answers what it accepted, and ends. Only one process may use a data directory.

            A connection that asks nothing for long, does not end a line, or takes no answers is ended, so that it takes \
            no room. The limit of open files is raised to what the connections need, as far as the system lets it.

            With a certificate, TCP connections are encrypted (TLS 1.2 or later). Its files are read again upon SIGHUP, \
            and within a minute after they changed; open connections live on. The Unix socket is never encrypted.

            From the first token on that there ever was, or with --require-tokens, whoever comes over TCP has to show one; \
            see `ledgerline token`. The Unix socket, which only the server's own user can open, takes none.

            The server listens beyond loopback only with a certificate and with tokens.

            EXAMPLES
              ledgerline serve --data ledger-data
              ledgerline serve --data ledger-data --listen 127.0.0.1:0 --port-file port
              ledgerline serve --data ledger-data --unix /run/ledgerline.sock
              ledgerline token create --data ledger-data --role admin --expires 90d > admin-token
              ledgerline serve --data ledger-data --listen 0.0.0.0:7411 \\
                  --tls-certificate server.pem --tls-key server.key
              printf '{"method":"server.info"}\\n' | nc -N 127.0.0.1 7411
            """
    )

    @Option(name: .long, help: "The data directory; it is made when it is not there.", completion: .directory)
    var data: String

    @Option(name: .long, help: "The TCP address, HOST:PORT; port 0 takes a free one.")
    var listen = "127.0.0.1:\(ServerAddress.defaultPort)"

    @Option(name: .long, help: ArgumentHelp("A Unix socket to listen on too.", valueName: "path"))
    var unix: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Write the port into this file once requests are answered.", valueName: "file")
    )
    var portFile: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The certificate to encrypt TCP connections with, in PEM, and behind it those that lead to its authority.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsCertificate: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The key of the certificate, without a passphrase.", valueName: "file"),
        completion: .file()
    )
    var tlsKey: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Admit only clients that show a certificate signed by one of the authorities in this PEM file.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsClientCa: String?

    @Flag(name: .long, help: "Demand tokens over TCP even though there never was one.")
    var requireTokens = false

    @Flag(
        name: .long,
        help: ArgumentHelp(
            "Listen beyond loopback without encryption, and without tokens where there never was one: only in a network "
                + "that is trusted."
        )
    )
    var insecure = false

    @Flag(
        name: .long,
        help: ArgumentHelp(
            "Serve what is left when the log ends before events that views.db, snapshots or backups know of. When it is the "
                + "access log that lost its end, all tokens are revoked."
        )
    )
    var acceptShorterLog = false

    @Option(name: .long, help: "Take so many connections at once.")
    var connectionsMax = ServerLimits().connectionsMax

    @Option(
        name: .long,
        help: ArgumentHelp("Close a connection that asks nothing for so long; 0: never.", valueName: "seconds")
    )
    var idleTimeout = ServerLimits().idleTimeout.milliseconds / 1_000

    @Option(
        name: .long,
        help: ArgumentHelp("Close a connection that does not end a line for so long; 0: never.", valueName: "seconds")
    )
    var lineTimeout = ServerLimits().lineTimeout.milliseconds / 1_000

    @Option(
        name: .long,
        help: ArgumentHelp("Close a connection that takes no answers for so long; 0: never.", valueName: "seconds")
    )
    var unreadTimeout = ServerLimits().unreadTimeout.milliseconds / 1_000

    @Option(name: .long, help: "Take a snapshot after so many events.")
    var snapshotEvents: Int64 = 1_000_000

    @Option(name: .long, help: "Say so much on standard error.")
    var logLevel = Logger.Level.info

    func validate() throws {
        guard ListenAddress(listen) != nil else {
            throw ValidationError("--listen takes HOST:PORT, not \"\(listen)\".")
        }
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key belong together.")
        }
        guard tlsClientCa == nil || tlsCertificate != nil else {
            throw ValidationError("--tls-client-ca needs --tls-certificate and --tls-key.")
        }
        guard (1...ServeCommand.connectionsMost).contains(connectionsMax) else {
            throw ValidationError("--connections-max must be 1 to \(ServeCommand.connectionsMost).")
        }
        for (name, seconds) in [("idle", idleTimeout), ("line", lineTimeout), ("unread", unreadTimeout)] {
            guard (0...ServeCommand.timeoutMost).contains(seconds) else {
                throw ValidationError("--\(name)-timeout must be 0 to \(ServeCommand.timeoutMost) seconds.")
            }
        }
        guard snapshotEvents >= 1 else { throw ValidationError("--snapshot-events must be at least 1.") }
    }

    private static let connectionsMost = 1_000_000
    /// A day.
    private static let timeoutMost: Int64 = 86_400

    private var limits: ServerLimits {
        var limits = ServerLimits()
        limits.connectionsMax = connectionsMax
        limits.idleTimeout = .seconds(idleTimeout)
        limits.lineTimeout = .seconds(lineTimeout)
        limits.unreadTimeout = .seconds(unreadTimeout)
        return limits
    }

    func run() async throws {
        let logger = StandardErrorLog.logger(level: logLevel)
        let replay = ReplayProgress()
        let configuration = serverConfiguration(logger, replay)
        try await LedgerServer.run(configuration) { server in
            replay.finish()
            logger.notice("serving \(data) on port \(server.port)")
        }
    }

    private var tlsFiles: TLSFiles? {
        guard let tlsCertificate, let tlsKey else { return nil }
        return TLSFiles(certificate: tlsCertificate, key: tlsKey, clientAuthorities: tlsClientCa)
    }

    private func serverConfiguration(_ logger: Logger, _ replay: ReplayProgress) -> ServerConfiguration {
        let address = ListenAddress(listen)
        return ServerConfiguration(
            dataDirectory: data,
            host: address?.host ?? "",
            port: address?.port ?? 0,
            unixSocketPath: unix,
            tls: tlsFiles,
            areTokensRequired: requireTokens,
            isInsecureAllowed: insecure,
            portFile: portFile,
            limits: limits,
            snapshotEvents: snapshotEvents,
            isShorterLogAccepted: acceptShorterLog,
            logger: logger,
            onFailure: { error in
                // Either the log refused an append, and memory is ahead of it; or it is damaged, and memory rests on what it
                // no longer says. Nothing that would be answered from here on could be trusted.
                let failure = FailureReport(error)
                logger.critical("stopping: \(failure.message)")
                Foundation.exit(failure.status.rawValue)
            },
            onReplay: { done, total in replay.show(done, of: total) }
        )
    }
}

/// `HOST:PORT` where port 0 means a free one.
struct ListenAddress: Hashable {
    var host: String
    var port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
