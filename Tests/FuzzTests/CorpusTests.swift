import Foundation
import Testing

/// What fuzzing found worth keeping (`Tools/fuzz`), checked again: inputs that take different branches, and those on
/// which something was wrong once.
@Suite struct CorpusTests {
    @Test(arguments: FuzzTarget.all)
    func everyInputKeepsItsPromise(target: FuzzTarget) throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus/\(target.name)")
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        #expect(files.count > 5, "the corpus of \(target) is missing")
        for file in files {
            let input = try Data(contentsOf: file)
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try input.withUnsafeBytes(target.check) }
        }
    }
}
