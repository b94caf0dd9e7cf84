import Foundation
import Testing

/// The threat model names the tests that show what it says: they are there.
@Suite struct ThreatModelTests {
    /// `Suite` and `Suite.function` in the last column of the table of threats.
    private static func namedTests() throws -> [(suite: String, function: String?)] {
        let file = ProtocolFileTests.folder.appendingPathComponent("threat-model.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| ") }
        return rows.dropFirst().flatMap { row in
            row.split(separator: "|").last?.matches(of: /`([A-Z]\w*Tests)(?:\.(\w+))?`/).map { match in
                (String(match.1), match.2.map(String.init))
            } ?? []
        }
    }

    @Test func everyTestThatItNamesIsThere() throws {
        let tests = ProtocolFileTests.folder.appendingPathComponent("../Tests").standardizedFileURL
        let paths = try FileManager.default.subpathsOfDirectory(atPath: tests.path).filter { $0.hasSuffix(".swift") }
        let sources = try paths.map { try String(contentsOf: tests.appendingPathComponent($0), encoding: .utf8) }
        let named = try Self.namedTests()
        #expect(named.count >= 30)
        for (suite, function) in named {
            // The name of a suite, or of a target with a suite of the name that follows.
            let isTarget = FileManager.default.fileExists(atPath: tests.appendingPathComponent(suite).path)
            let holders = sources.filter { $0.contains("struct \(suite) {") }
            #expect(isTarget || !holders.isEmpty, "\(suite)")
            guard let function else { continue }
            #expect(holders.contains { $0.contains("func \(function)(") }, "\(suite).\(function)")
        }
    }
}
