import Foundation
import LedgerServer
import Logging
import TestSupport

/// Runs the `ledgerline` that was built with the tests, as a process of its own.
struct LedgerlineProcess {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The program stands beside the tests' own.
    private static var executable: URL {
        let tests =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("ledgerline")
    }

    let process = Process()
    let output = Pipe()
    let errors = Pipe()

    init(_ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws {
        process.executableURL = LedgerlineProcess.executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = errors
        let standardInput = Pipe()
        process.standardInput = standardInput
        try process.run()
        if let input { standardInput.fileHandleForWriting.write(Data(input.utf8)) }
        try standardInput.fileHandleForWriting.close()
    }

    /// Waits for the end.
    func outcome() async throws -> Outcome {
        let (output, errors, process) = (output, errors, process)
        async let outputText = onThread {
            String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        async let errorText = onThread {
            String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        let texts = try await (outputText, errorText)
        try await onThread { process.waitUntilExit() }
        return Outcome(status: process.terminationStatus, output: texts.0, errors: texts.1)
    }
}

/// Runs a command to its end.
func runLedgerline(
    _ arguments: String...,
    environment: [String: String] = [:],
    input: String? = nil
) async throws -> LedgerlineProcess.Outcome {
    try await LedgerlineProcess(arguments, environment: environment, input: input).outcome()
}

/// A server with a ledger of its own, for one test.
struct TestServer {
    let directory: TemporaryDirectory
    let server: LedgerServer

    var address: String { "127.0.0.1:\(server.port)" }

    /// Starts a server, lends it to `body`, and stops it.
    static func with(_ body: (TestServer) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        try await with(directoryAt: directory.path, in: directory, body)
    }

    /// The same on a data directory that exists.
    static func with(directoryAt path: String, _ body: (TestServer) async throws -> Void) async throws {
        try await with(directoryAt: path, in: try TemporaryDirectory(), body)
    }

    private static func with(
        directoryAt path: String,
        in directory: TemporaryDirectory,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let configuration = ServerConfiguration(
            dataDirectory: path,
            port: 0,
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
