import EventSourcing
import Foundation
import Logging
import TestSupport
import Testing

@testable import LedgerService

/// The note of the access log's head: read as it was written, or nobody is let in.
@Suite struct AccessWitnessTests {
    private let directory: TemporaryDirectory
    private let witness: AccessWitness
    private static let hash = String(repeating: "ab", count: 32)

    init() throws {
        directory = try TemporaryDirectory()
        witness = AccessWitness(of: directory.file(AccessService.folder))
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: witness.path))
    }

    /// What a start says, whether or not it may do with less of the log.
    private func refusals() throws -> [EventLogError] {
        try [false, true].map { isShorterLogAccepted in
            try #require(throws: EventLogError.self) {
                try AccessService.open(
                    ServiceConfiguration(
                        directory: directory.path,
                        isShorterLogAccepted: isShorterLogAccepted,
                        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                        onFailure: { Issue.record($0) }
                    )
                )
            }
        }
    }

    @Test func tellsTheHeadThatWasNotedLast() throws {
        #expect(try witness.head() == nil)
        for position in [1, 2, Int64.max] {
            let head = LogHead(position: LogPosition(position), hash: Self.hash)
            try witness.note(head)
            #expect(try witness.head() == head)
        }
    }

    @Test func aLineWithoutAnEndIsReadToo() throws {
        try write("2:\(Self.hash)")
        #expect(try witness.head() == LogHead(position: LogPosition(2), hash: Self.hash))
    }

    static let wrongNotes: [String] = [
        "", "\n", "2\n", "2:\n", "2:abc\n", ":\(hash)\n", "-2:\(hash)\n", "2:\(hash.uppercased())\n", "2:\(hash)0\n",
        // More stands behind it; what a file system leaves of what was not written; far too much.
        "2:\(hash)\n2:\(hash)\n", "2:\(hash)\n\n", String(repeating: "\0", count: 67),
        String(repeating: "2", count: 100_000),
    ]

    @Test(arguments: wrongNotes) func whatIsNoHeadRefusesTheStart(_ text: String) throws {
        try write(text)
        let refusal = EventLogError.storage(
            "\(witness.path) does not hold the head of the access log, POSITION:HASH: remove the file if you know the log to "
                + "be whole"
        )
        #expect(try refusals() == [refusal, refusal])
        #expect(throws: refusal) { try witness.head() }
    }

    /// Nobody is told to remove what may be well.
    @Test func whatCannotBeReadRefusesTheStartWithTheReason() throws {
        try FileManager.default.createDirectory(atPath: witness.path, withIntermediateDirectories: false)
        let refusal = EventLogError.storage("\(witness.path) cannot be read: Is a directory")
        #expect(try refusals() == [refusal, refusal])
    }

    /// Nor is a start held up for ever by a pipe that nobody writes into.
    @Test func aPipeIsNotWaitedFor() throws {
        #expect(mkfifo(witness.path, 0o600) == 0)
        let refusal = EventLogError.storage("\(witness.path) cannot be read: Illegal seek")
        #expect(try refusals() == [refusal, refusal])
    }

    /// Its place is not empty: it was noted somewhere.
    @Test func aLinkToNowhereIsNotTakenForNoNote() throws {
        try FileManager.default.createSymbolicLink(atPath: witness.path, withDestinationPath: directory.file("gone"))
        let refusal = EventLogError.storage("\(witness.path) cannot be read: No such file or directory")
        #expect(try refusals() == [refusal, refusal])
    }
}
