import ArgumentParser
import Foundation
import LedgerClient
import LineJSON

/// `ledgerline call METHOD [JSON]`
struct CallCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call any method of the protocol.",
        discussion: """
            EXAMPLES
              ledgerline call server.info
              ledgerline call usage.get '{"org":"00D000000000001","workspace":"support"}'
              echo '{"org":"00D000000000001","allowance":15000}' | ledgerline call org.configure -
              ledgerline call rpc.discover --json > openrpc.json

            `ledgerline call help` lists the methods.
            """
    )

    @Argument(help: "The method, such as usage.get.")
    var method: String

    @Argument(help: "The parameters, a JSON object; - reads them from standard input.")
    var params: String?

    @Option(name: .long, help: ArgumentHelp("Give up after so many milliseconds.", valueName: "ms"))
    var deadline: Int?

    @OptionGroup var connection: ConnectionOptions

    /// Methods that turn the connection into something else than calls.
    private static let streamingMethods = ["events.stream", "events.subscribe"]

    func validate() throws {
        if let deadline, deadline < 1 { throw ValidationError("--deadline must be at least 1 ms.") }
        if CallCommand.streamingMethods.contains(method) {
            throw ValidationError("\(method) does not answer once; use `ledgerline tail --json`.")
        }
    }

    /// The parameters on one line: as they were given when they have no line ends, which JSON only has between values.
    func prepare() throws -> [UInt8]? {
        guard let params else { return nil }
        let text = params == "-" ? Array(FileHandle.standardInput.readDataToEndOfFile()) : Array(params.utf8)
        var tape = JSONTape()
        do {
            let isObject = try tape.withParsed(text) { $0.kind == .object }
            guard isObject else { throw CommandFailure(.usage, "the parameters must be a JSON object") }
        } catch let error as JSONError {
            throw CommandFailure(.usage, "the parameters are no JSON: \(error)")
        }
        return text.map { byte in byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") ? UInt8(ascii: " ") : byte }
    }

    func run(_ client: LedgerClient, _ params: [UInt8]?) async throws {
        let reply = try await client.call(method, params: params, deadline: deadline.map { .milliseconds($0) })
        try reply.show(asJSON: connection.json) { result in
            let terminal = Terminal.output
            // Text for people, such as `help` gives, is shown as text.
            if result.count == 1, let text = result["text"]?.string() {
                terminal.writeLine(text)
            } else {
                terminal.writeLine(JSONText.pretty(result, terminal.style))
            }
        }
    }
}
