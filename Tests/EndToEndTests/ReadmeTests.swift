import Foundation
import TestSupport
import Testing

@Suite("The walk-through of README", .ownThreads)
struct ReadmeTests {
    @Test("Each session, pasted as it is written there, prints what README shows")
    func walkThrough() throws {
        try Witness.require("nc")
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let sessions = try Readme().sessions.filter { session in
            ["nc ", "ledgerline import ", "ledgerline usage ", "ledgerline history "].contains {
                session.command.hasPrefix($0)
            }
        }
        try #require(sessions.count >= 5)
        for session in sessions {
            let printed = try Shell.run(Readme.script(session.command, server)).lines
            #expect(printed.count == session.output.count, "\(session.command)")
            for (line, shown) in zip(printed, session.output) {
                #expect(Readme.isShown(line, as: shown), "README shows:\n\(shown)\nprinted was:\n\(line)")
            }
        }
    }
}

/// What README tells people to paste, and what it says that they will see.
private struct Readme {
    struct Session {
        var command: String
        /// Its lines; `…` stands for anything.
        var output: [String]
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardized

    /// Each output with the command that stands before it.
    private(set) var sessions: [Session] = []

    init() throws {
        let text = try String(contentsOf: Readme.root.appendingPathComponent("README.md"), encoding: .utf8)
        var command: [String] = []
        var fence: (language: String, lines: [String])?
        var isIndented = false
        for line in text.lines {
            if let open = fence, line == "```" {
                if open.language == "sh" { command = open.lines }
                if open.language == "text" {
                    sessions.append(Session(command: command.joined(separator: "\n"), output: open.lines))
                }
                fence = nil
            } else if fence != nil {
                fence?.lines.append(line)
            } else if line.hasPrefix("```") {
                fence = (String(line.dropFirst(3)), [])
            } else if line.hasPrefix("    ") {
                if !isIndented { command = [] }
                command.append(String(line.dropFirst(4)))
            }
            isIndented = fence == nil && line.hasPrefix("    ")
        }
    }

    /// The command as it runs in a clone, with this server in the place of the one that README starts. What people see
    /// besides on standard error is not shown in README.
    static func script(_ command: String, _ server: ServerProcess) -> String {
        let programs = URL(fileURLWithPath: LedgerlineProcess.executable).deletingLastPathComponent().path
        let pasted = command.replacing(/127\.0\.0\.1([: ])7411/) { "127.0.0.1\($0.1)\(server.port)" }
        return """
            exec 2>/dev/null
            cd '\(root.path)'
            export PATH='\(programs)':"$PATH" LEDGERLINE_SERVER=\(server.address)
            \(pasted)
            """
    }

    /// Whether a line is as shown.
    static func isShown(_ line: String, as shown: String) -> Bool {
        let parts = shown.split(separator: "…", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return line == shown }
        guard line.hasPrefix(first), line.hasSuffix(last) else { return false }
        var rest = line.dropFirst(first.count)
        for part in parts.dropFirst() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}

extension String {
    /// Without the spaces at their ends.
    fileprivate var lines: [String] {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
