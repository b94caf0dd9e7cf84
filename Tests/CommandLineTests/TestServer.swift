import Foundation
import LedgerServer
import Logging
import TestSupport

/// A server with a ledger of its own, for one test.
struct TestServer {
    let directory: TemporaryDirectory
    let server: LedgerServer

    var address: String { "127.0.0.1:\(server.port)" }

    /// Starts a server, lends it to `body`, and stops it.
    static func with(tls: TLSFiles? = nil, _ body: (TestServer) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        try await with(directoryAt: directory.path, in: directory, tls: tls, body)
    }

    /// The same on a data directory that exists.
    static func with(directoryAt path: String, _ body: (TestServer) async throws -> Void) async throws {
        try await with(directoryAt: path, in: try TemporaryDirectory(), body)
    }

    private static func with(
        directoryAt path: String,
        in directory: TemporaryDirectory,
        tls: TLSFiles? = nil,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let configuration = ServerConfiguration(
            dataDirectory: path,
            port: 0,
            tls: tls,
            logger: logger,
            onFailure: { fatalError("\($0)") }
        )
        let test = TestServer(directory: directory, server: try await LedgerServer.start(configuration))
        do {
            try await body(test)
        } catch {
            try await test.server.shutdown()
            throw error
        }
        try await test.server.shutdown()
    }

    /// Runs a command against this server.
    func run(_ arguments: String..., input: String? = nil) async throws -> LedgerlineProcess.Outcome {
        let environment = ["LEDGERLINE_SERVER": address]
        return try await LedgerlineProcess(arguments, environment: environment, input: input).outcome()
    }

    /// The JSON object that a method gives.
    func call(_ method: String, _ params: String = "{}") async throws -> [String: Any] {
        let outcome = try await run("call", method, params, "--json")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return object as? [String: Any] ?? [:]
    }
}
