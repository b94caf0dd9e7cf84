import ArgumentParser
import LedgerClient
import LineJSON
import LineProtocol

/// A command that asks a server something: prepares, connects, does its work, closes.
protocol ServerCommand: AsyncParsableCommand {
    /// What is made ready before anybody connects.
    associatedtype Prepared = Void

    var connection: ConnectionOptions { get }
    /// The data directory to work on without a running server; nil: a server is asked.
    var data: String? { get }
    /// Whether that directory may be without a ledger, which then is made.
    var makesLedger: Bool { get }

    /// What needs no server: throws what can be found wrong without one.
    func prepare() throws -> Prepared
    func run(_ client: LedgerClient, _ prepared: Prepared) async throws
}

extension ServerCommand where Prepared == Void {
    func prepare() {}
}

extension ServerCommand {
    var data: String? { nil }
    var makesLedger: Bool { false }

    mutating func run() async throws {
        guard let data else { return try await runWithServer() }
        guard connection.isDefault else {
            throw CommandFailure(.usage, "give either --data or a server, not both")
        }
        let prepared = try prepare()
        try await LocalServer.with(dataDirectory: data, isNewAllowed: makesLedger) { address in
            try await run(at: address, ClientConfiguration(), prepared)
        }
    }

    /// Asks the server that the options name.
    func runWithServer() async throws {
        try await run(at: connection.address(), connection.configuration(), prepare())
    }

    private func run(
        at address: ServerAddress,
        _ configuration: ClientConfiguration,
        _ prepared: Prepared
    ) async throws {
        let client = try await LedgerClient.connect(to: address, configuration: configuration)
        do {
            try await run(client, prepared)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}

/// A command that calls one method and shows its result.
protocol MethodCommand: ServerCommand where Prepared == MethodRequest {
    /// The method and its parameters.
    var request: MethodRequest { get throws }

    /// What to do when an active bulk sync is in the way; nil: the refusal is shown as it is.
    var bulkSyncHint: String? { get }

    /// Shows the result to a person.
    func show(_ result: JSONView, on terminal: Terminal)
}

extension MethodCommand {
    var bulkSyncHint: String? { nil }

    func prepare() throws -> MethodRequest { try request }

    func run(_ client: LedgerClient, _ request: MethodRequest) async throws {
        let reply: Reply
        do {
            reply = try await TaskProgress.show(of: request.method, client) {
                try await client.call(request.method, params: request.params)
            }
        } catch let error as RPCError {
            throw CommandFailure(error, bulkSyncHint: bulkSyncHint) ?? error as any Error
        }
        try reply.show(asJSON: connection.json) { result in show(result, on: .output) }
    }
}

extension CommandFailure {
    /// The refusal because of an active bulk sync, in words; nil for every other one, and without a hint.
    init?(_ error: RPCError, bulkSyncHint: String?) {
        guard error.reason == "BULK_SYNC_ACTIVE", let bulkSyncHint else { return nil }
        self.init(.refused, "\(error.message.printable)\n  \(bulkSyncHint)")
    }
}
