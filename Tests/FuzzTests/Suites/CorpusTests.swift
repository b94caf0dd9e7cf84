import Foundation
import TestSupport
import Testing

/// What fuzzing found worth keeping (`Tools/fuzz`), checked again: inputs that take different branches, and those on
/// which something was wrong once. And a short round without libFuzzer: the same inputs, changed at random.
@Suite struct CorpusTests {
    /// Changed inputs of each target: `LEDGERLINE_INPUTS`.
    private static let changedInputs =
        ProcessInfo.processInfo.environment["LEDGERLINE_INPUTS"].flatMap(Int.init) ?? 1_000

    @Test(arguments: FuzzTarget.all)
    func everyInputKeepsItsPromise(target: FuzzTarget) throws {
        let corpus = try CorpusTests.corpus(of: target)
        #expect(corpus.count > 5, "the corpus of \(target) is missing")
        for (name, input) in corpus {
            #expect(throws: Never.self, "\(name)") { try input.withUnsafeBytes(target.check) }
        }
    }

    @Test(arguments: FuzzTarget.all)
    func everyChangedInputKeepsItsPromise(target: FuzzTarget) throws {
        var random = SeededRandom()
        let corpus = try CorpusTests.corpus(of: target).map(\.input)
        for number in 1...max(1, CorpusTests.changedInputs) {
            let input = InputChange.random(of: corpus, using: &random)
            #expect(throws: Never.self, "input \(number): \(Data(input).base64EncodedString())") {
                try input.withUnsafeBytes(target.check)
            }
        }
    }

    /// By name, so that a seed draws the same.
    private static func corpus(of target: FuzzTarget) throws -> [(name: String, input: [UInt8])] {
        let here = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let directory = here.appending(path: "Corpus/\(target.name)")
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        return try files.sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { ($0.lastPathComponent, [UInt8](try Data(contentsOf: $0))) }
    }
}
