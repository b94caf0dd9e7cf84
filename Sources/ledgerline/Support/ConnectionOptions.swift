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

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The token to show, from a file that holds nothing else. (default: $LEDGERLINE_TOKEN_FILE, else the token in "
                + "$LEDGERLINE_TOKEN; there is no option for the token itself, for everybody sees command lines)",
            valueName: "file"
        ),
        completion: .file()
    )
    var tokenFile: String?

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
    func configuration() throws -> ClientConfiguration {
        try ConnectionOptions.configuration(encryption, tokenFile: tokenFile)
    }

    /// The same for commands with other options.
    static func configuration(_ encryption: TLSOptions, tokenFile: String? = nil) throws -> ClientConfiguration {
        let file = tokenFile ?? Environment.text("LEDGERLINE_TOKEN_FILE")
        let token = try file.map(TokenFile.read) ?? Environment.text("LEDGERLINE_TOKEN")
        return ClientConfiguration(
            token: token,
            tls: encryption.clientTLS,
            isInsecureAllowed: encryption.insecure
        )
    }

    /// Whether no server was named on the command line.
    var isDefault: Bool { server == nil && unix == nil && tokenFile == nil && encryption.isDefault }
}

extension ServerAddress: ExpressibleByArgument {
    /// Reads `HOST:PORT` or `unix:PATH`.
    public init?(argument: String) {
        self.init(argument)
    }
}
