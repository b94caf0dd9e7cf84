import Foundation
import LedgerClient
import LedgerServer
import Logging

/// A server inside this process, with a ledger that is thrown away.
enum DemoServer {
    static func withTemporaryServer(_ body: (ServerAddress) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("ledgerline-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let configuration = ServerConfiguration(
            dataDirectory: directory.path,
            port: 0,
            logger: StandardErrorLog.logger(level: .error),
            onFailure: { error in
                Terminal.errors.writeLine("ledgerline: \(error)")
                exit(ExitStatus.dataDirectory.rawValue)
            }
        )
        let server = try await LedgerServer.start(configuration)
        do {
            try await body(.tcp(host: "127.0.0.1", port: server.port))
        } catch {
            try? await server.shutdown()
            throw error
        }
        try await server.shutdown()
    }
}
