public import ArgumentParser
import Foundation
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

    @Flag(name: .long, help: "Write JSON for programs: the server's result as it is.")
    var json = false

    func validate() throws {
        if server != nil, unix != nil { throw ValidationError("Give either --server or --unix, not both.") }
    }

    /// Where the command is to connect to.
    func address() throws -> ServerAddress {
        if let unix { return .unix(path: unix) }
        if let server { return server }
        guard let text = ProcessInfo.processInfo.environment["LEDGERLINE_SERVER"], !text.isEmpty else {
            return .default
        }
        guard let address = ServerAddress(text) else {
            throw CommandFailure(.usage, "LEDGERLINE_SERVER is \"\(text)\", not HOST:PORT or unix:PATH")
        }
        return address
    }

    /// The token, where the server wants one, comes from the environment: command lines are seen by everybody.
    var configuration: ClientConfiguration {
        ClientConfiguration(token: ProcessInfo.processInfo.environment["LEDGERLINE_TOKEN"])
    }

    /// Whether no server was named on the command line.
    var isDefault: Bool { server == nil && unix == nil }
}

extension ServerAddress: ExpressibleByArgument {
    /// Reads `HOST:PORT` or `unix:PATH`.
    public init?(argument: String) {
        self.init(argument)
    }
}
