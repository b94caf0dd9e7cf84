import Foundation
import LedgerServer
import LedgerService
import TestSupport
import Testing

/// The conversations in `Protocol/transcripts/` are part of the contract: each is replayed over a real socket, byte for byte.
/// `LEDGERLINE_RECORD=1` writes what the server says now into the files; such a run still fails, so that nobody commits a
/// recording unseen.
@Suite struct TranscriptTests {
    static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../Protocol/transcripts")
        .standardizedFileURL.path

    static var names: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".txt") }.sorted()
        }
    }

    @Test func thereAreTranscripts() throws {
        #expect(try TranscriptTests.names.count >= 8)
    }

    @Test(arguments: try names) func replays(_ name: String) async throws {
        let transcript = try Transcript(path: TranscriptTests.folder + "/" + name)
        let clock = ManualClock()
        let played = try await withServer(clock: clock) { server in
            try transcript.play(
                port: server.port,
                clock: clock,
                wake: { server.service.wake() },
                directory: server.service.configuration.directory
            )
        }
        for (expected, actual) in zip(transcript.lines, played) { #expect(actual == expected) }
        if ProcessInfo.processInfo.environment["LEDGERLINE_RECORD"] == "1" {
            try transcript.write(played)
            Issue.record("recorded \(name): read it, then run again without LEDGERLINE_RECORD")
        }
    }
}
