package import Foundation

/// Runs the `ledgerline` that was built with the tests, as a process of its own.
package struct LedgerlineProcess: Sendable {
    package struct Outcome: Sendable {
        package var status: Int32
        package var output: String
        package var errors: String
    }

    /// The program stands beside the tests' own.
    package static var executable: String {
        let tests =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("ledgerline").path
    }

    package let process = Process()
    package let output = Pipe()
    package let errors = Pipe()

    /// Starts it. `witness` is a command that runs it in turn, such as `strace` and its options.
    package init(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil,
        under witness: [String] = []
    ) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = witness + [LedgerlineProcess.executable] + arguments
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
    package func outcome() async throws -> Outcome {
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
package func runLedgerline(
    _ arguments: String...,
    environment: [String: String] = [:],
    input: String? = nil
) async throws -> LedgerlineProcess.Outcome {
    try await LedgerlineProcess(arguments, environment: environment, input: input).outcome()
}
