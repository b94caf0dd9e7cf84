import ArgumentParser
import LedgerClient
import LineJSON

/// A command that asks a server something: connects, does its work, closes.
protocol ServerCommand: AsyncParsableCommand {
    var connection: ConnectionOptions { get }

    func run(_ client: LedgerClient) async throws
}

extension ServerCommand {
    mutating func run() async throws {
        let client = try await connection.connect()
        do {
            try await run(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}

/// A command that calls one method and shows its result.
protocol CallCommand: ServerCommand {
    /// The method and its parameters.
    var request: MethodRequest { get throws }

    /// Shows the result to a person.
    func show(_ result: JSONView, on terminal: Terminal)
}

extension CallCommand {
    func run(_ client: LedgerClient) async throws {
        let request = try request
        let reply = try await client.call(request.method, params: request.params)
        try reply.show(asJSON: connection.json) { result in show(result, on: .output) }
    }
}
