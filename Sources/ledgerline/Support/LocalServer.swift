import Foundation
import LedgerClient
import LedgerServer
import Logging
import SQLiteEventLog

/// A server inside this process, for as long as one command needs it.
enum LocalServer {
    /// Serves a data directory that exists, or a new one where that is allowed; nobody else may use it meanwhile.
    ///
    /// Throws `CommandFailure` when there is no ledger in it, `EventLogError` when it is in use or damaged.
    static func with<Result: Sendable>(
        dataDirectory: String,
        isNewAllowed: Bool = false,
        _ body: (ServerAddress) async throws -> Result
    ) async throws -> Result {
        guard isNewAllowed || FileManager.default.fileExists(atPath: "\(dataDirectory)/\(LedgerFile.log)") else {
            throw CommandFailure(.dataDirectory, "there is no ledger in \(dataDirectory)")
        }
        return try await serve(dataDirectory, body)
    }

    /// Serves a new ledger that is thrown away.
    static func withTemporaryLedger<Result: Sendable>(
        _ body: (ServerAddress) async throws -> Result
    ) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("ledgerline-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        return try await serve(directory.path, body)
    }

    private static func serve<Result: Sendable>(
        _ directory: String,
        _ body: (ServerAddress) async throws -> Result
    ) async throws -> Result {
        let sockets = try PrivateSocket()
        defer { sockets.remove() }
        let replay = ReplayProgress()
        let configuration = ServerConfiguration(
            dataDirectory: directory,
            port: 0,
            unixSocketPath: sockets.path,
            areTokensRequired: true,
            logger: StandardErrorLog.logger(level: .error),
            onFailure: { error in
                Terminal.errors.writeLine("ledgerline: \(FailureReport(error).message)")
                exit(ExitStatus.dataDirectory.rawValue)
            },
            onReplay: { done, total in replay.show(done, of: total) }
        )
        let server = try await LedgerServer.start(configuration)
        replay.finish()
        do {
            let result = try await body(.unix(path: sockets.path))
            try await server.shutdown()
            return result
        } catch {
            try? await server.shutdown()
            throw error
        }
    }
}

/// A Unix socket in a directory that only this user can enter: whoever comes through it is the owner of the ledger, and the
/// command needs no token. The port beside it, which others on this machine reach, demands one.
private struct PrivateSocket {
    private static let pathBytesMax = 100
    private let directory: String
    var path: String { directory + "/socket" }

    init() throws {
        let name = "ledgerline-\(UUID().uuidString.prefix(8))"
        let usual = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        // The path of a socket has some hundred bytes at most.
        directory = (usual + "/socket").utf8.count <= PrivateSocket.pathBytesMax ? usual : "/tmp/\(name)"
        guard mkdir(directory, 0o700) == 0 else {
            throw CommandFailure(.refused, "cannot make \(directory): \(String(cString: strerror(errno)))")
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}
