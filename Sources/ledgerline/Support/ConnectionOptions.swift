public import ArgumentParser
public import LedgerClient

/// Which server a command talks to, and who reads its output.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The server's address: HOST:PORT or unix:PATH. (default: $LEDGERLINE_SERVER, else 127.0.0.1:7411)",
            valueName: "address"
        )
    )
    var server: ServerAddress?

    @Option(name: .long, help: ArgumentHelp("The server's Unix socket.", valueName: "path"))
    var unix: String?

    @OptionGroup(title: "Encryption") var encryption: TLSOptions

    @Flag(name: .long, help: "Write JSON for programs: the server's result as it is.")
    var json = false

    func validate() throws {
        if server != nil, unix != nil { throw ValidationError("Give either --server or --unix, not both.") }
        if unix != nil, !encryption.isDefault { throw ValidationError("A Unix socket is not encrypted.") }
    }

    /// Where the command is to connect to.
    func address() throws -> ServerAddress {
        if let unix { return .unix(path: unix) }
        if let server { return server }
        guard let text = Environment.text("LEDGERLINE_SERVER") else { return .default }
        guard let address = ServerAddress(text) else {
            throw CommandFailure(.usage, "LEDGERLINE_SERVER is \"\(text)\", not HOST:PORT or unix:PATH")
        }
        return address
    }

    /// How the command connects.
    var configuration: ClientConfiguration { ConnectionOptions.configuration(encryption) }

    /// The token, where the server wants one, comes from the environment: command lines are seen by everybody.
    static func configuration(_ encryption: TLSOptions) -> ClientConfiguration {
        ClientConfiguration(token: Environment.text("LEDGERLINE_TOKEN"), tls: encryption.clientTLS)
    }

    /// Whether no server was named on the command line.
    var isDefault: Bool { server == nil && unix == nil && encryption.isDefault }
}

extension ServerAddress: ExpressibleByArgument {
    /// Reads `HOST:PORT` or `unix:PATH`.
    public init?(argument: String) {
        self.init(argument)
    }
}
