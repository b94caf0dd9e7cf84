import Foundation
import TestSupport

/// A connection that `openssl s_client` encrypts: it trusts one authority, and knows nothing of this code.
final class OpenSSLClient {
    private let process = Process()
    private let input = Pipe()
    private let lines: PipeLines

    init(port: Int, trusting authority: TestAuthority, _ options: [String]) throws {
        let output = Pipe()
        lines = PipeLines(output.fileHandleForReading)
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let command = OpenSSLClient.command(port: port, trusting: authority, ["-quiet"] + options)
        process.arguments = ["-c", "exec \(command)"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { process.terminate() }

    /// Sends a line and reads one. Throws when there is no connection.
    func ask(_ line: String) throws -> String {
        // Before the handshake it waits in the pipe.
        input.fileHandleForWriting.write(Data((line + "\n").utf8))
        guard let answer = try lines.next() else { throw LineSocket.Failure(description: "openssl gave up") }
        return answer
    }

    /// The next line that comes; nil when openssl has ended.
    func readLine() throws -> String? { try lines.next() }

    /// What a shell runs.
    static func command(port: Int, trusting authority: TestAuthority, _ options: [String]) -> String {
        """
        openssl s_client -verify_quiet -verify_return_error -CAfile '\(authority.certificate)' \
        -verify_hostname localhost -connect localhost:\(port) \(options.joined(separator: " "))
        """
    }
}
