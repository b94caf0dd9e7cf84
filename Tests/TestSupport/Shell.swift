import Foundation

/// Tools of the system that know nothing of this code, as independent witnesses.
package enum Shell {
    package struct Failure: Error {
        package var status: Int32
        package var output: String
    }

    /// The standard output of a command, its final line break removed.
    package static func run(_ command: String, input: [UInt8] = []) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command]
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardOutput
        try process.run()
        standardInput.fileHandleForWriting.write(Data(input))
        try standardInput.fileHandleForWriting.close()
        let output = standardOutput.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: output, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(status: process.terminationStatus, output: text)
        }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    package static func has(_ tool: String) -> Bool { (try? run("command -v \(tool)")) != nil }
}
