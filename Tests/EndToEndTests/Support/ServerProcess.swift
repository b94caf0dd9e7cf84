import Foundation
import TestSupport

/// A `ledgerline serve` on a data directory: started, asked, stopped or killed.
final class ServerProcess: Sendable {
    /// It ended instead of serving.
    struct NotServing: Error {
        var status: Int32
        var log: String
    }

    /// How it ended.
    struct End {
        var status: Int32
        /// What it wrote on standard error after it began to serve.
        var log: String
    }

    let directory: String
    let port: Int
    /// What it wrote on standard error until it served.
    let startLog: String

    private let process: LedgerlineProcess
    private let errors: PipeLines
    private let output: PipeLines

    /// Starts a server on a free port; when this returns, it answers. `witness` is a command that runs it in turn.
    init(_ directory: String, _ options: [String] = [], under witness: [String] = []) throws {
        self.directory = directory
        process = try LedgerlineProcess(
            ["serve", "--data", directory, "--listen", "127.0.0.1:0"] + options,
            under: witness
        )
        errors = PipeLines(process.errors.fileHandleForReading)
        output = PipeLines(process.output.fileHandleForReading)
        (port, startLog) = try ServerProcess.awaitServing(process.process, errors)
    }

    private static func awaitServing(_ process: Process, _ errors: PipeLines) throws -> (port: Int, log: String) {
        var log = ""
        do {
            while let line = try errors.next() {
                log += line + "\n"
                if let port = line.firstMatch(of: /serving .* on port (\d+)$/)?.1 { return (Int(port) ?? 0, log) }
            }
        } catch {
            process.terminate()
            throw error
        }
        process.waitUntilExit()
        throw NotServing(status: process.terminationStatus, log: log)
    }

    deinit { signal(SIGKILL) }

    /// The server's process, as its lock file names it.
    var processID: Int32 {
        let text = try? String(contentsOfFile: "\(directory)/ledger.lock", encoding: .utf8)
        return text.flatMap { Int32($0.dropLast()) } ?? process.process.processIdentifier
    }

    func signal(_ number: Int32) {
        // Once it has ended, its number may be another process's.
        if process.process.isRunning { Foundation.kill(processID, number) }
    }

    /// `kill -9`, and waits for the end.
    func kill() {
        signal(SIGKILL)
        process.process.waitUntilExit()
    }

    /// SIGTERM, and waits for the end.
    @discardableResult
    func stop() throws -> End {
        signal(SIGTERM)
        return try awaitEnd()
    }

    /// The next line of standard error that holds this text.
    func awaitLog(_ text: String) throws -> String {
        while let line = try errors.next() {
            if line.contains(text) { return line }
        }
        throw LineSocket.Failure(description: "the server ended without saying \(text)")
    }

    /// The next line of standard output that begins so.
    func awaitOutput(_ beginning: String) throws -> String {
        while let line = try output.next() {
            if line.hasPrefix(beginning) { return line }
        }
        throw LineSocket.Failure(description: "the server ended without printing \(beginning)")
    }

    /// Waits until it ends by itself.
    func awaitEnd() throws -> End {
        let log = try errors.rest()
        process.process.waitUntilExit()
        return End(status: process.process.terminationStatus, log: log)
    }

    var address: String { "127.0.0.1:\(port)" }

    func connect() throws -> LineSocket { try LineSocket(port: port) }

    /// The answer to one request on a connection of its own.
    func answer(_ method: String, _ params: String = "{}") throws -> JSON {
        try JSON(connect().ask(#"{"method":"\#(method)","params":\#(params)}"#))
    }

    /// The result of a method; throws when it is refused.
    @discardableResult
    func ask(_ method: String, _ params: String = "{}") throws -> JSON {
        let answer = try answer(method, params)
        guard answer.error == .null else { throw LineSocket.Failure(description: "\(method): \(answer.error)") }
        return answer.result
    }

    /// Runs a command against this server.
    func run(_ arguments: [String]) async throws -> LedgerlineProcess.Outcome {
        try await LedgerlineProcess(arguments, environment: ["LEDGERLINE_SERVER": address]).outcome()
    }
}
