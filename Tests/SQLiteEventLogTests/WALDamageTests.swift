import EventSourcing
import Foundation
import GRDB
import TestSupport
import Testing

@testable import SQLiteEventLog

/// A write-ahead log whose frames rotted is damage; one that a crash tore is not.
@Suite struct WALDamageTests {
    private let directory: TemporaryDirectory
    private let wal: [UInt8]

    /// Three commits of some frames each, left in the WAL as by a process that was killed.
    init() throws {
        let running = try TemporaryDirectory()
        var sample = try SampleLog(SQLiteEventLog.open(directory: running.path))
        for _ in 1...3 { try sample.append(400) }
        directory = try TemporaryDirectory()
        for name in ["ledger.db", "ledger.db-wal"] {
            try FileManager.default.copyItem(atPath: running.file(name), toPath: directory.file(name))
        }
        wal = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory.file("ledger.db-wal"))))
        try sample.log.close()
    }

    private var frameBytes: Int { WALFile.frameHeaderBytes + LedgerSchema.pageSize }
    private var frames: Int { (wal.count - WALFile.headerBytes) / frameBytes }

    private func frame(_ number: Int) -> WALFrame {
        let start = WALFile.headerBytes + number * frameBytes
        return WALFrame(bytes: Array(wal[start..<start + frameBytes]))
    }

    /// Where the last commit's frames begin.
    private var lastCommit: Int {
        let commits = (0..<frames).filter { frame($0).isCommit }
        return commits[commits.count - 2] + 1
    }

    private func head(after change: (inout [UInt8]) -> Void) throws -> LogPosition {
        var bytes = wal
        change(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: directory.file("ledger.db-wal")))
        let log = try SQLiteEventLog.open(directory: directory.path)
        defer { try? log.close() }
        return try log.head().position
    }

    private func fault(after change: (inout [UInt8]) -> Void) throws -> EventLogError? {
        #expect(throws: EventLogError.self) { _ = try head(after: change) }
    }

    @Test func aSoundOneIsReadToItsEnd() throws {
        #expect(lastCommit > 2 && frames > lastCommit + 2)
        #expect(try head { _ in } == LogPosition(1_200))
    }

    @Test func everyFlippedBitIsFound() throws {
        var random = SeededRandom()
        for number in 0..<frames {
            // One of the page, and one of each field of the frame's header.
            let fields = [0..<4, 4..<8, 8..<12, 12..<16, 16..<20, 20..<24, 24..<frameBytes]
            for field in fields {
                let index = WALFile.headerBytes + number * frameBytes + Int.random(in: field, using: &random)
                let bit: UInt8 = 1 << UInt8.random(in: 0..<8, using: &random)
                guard case .damaged(_, let reason) = try fault(after: { $0[index] ^= bit }) else {
                    Issue.record("bit \(bit) of byte \(index)")
                    continue
                }
                #expect(reason.hasPrefix("frame \(number + 1) of "))
            }
        }
    }

    /// The highest bit of a word may change a single bit of the sums, as a flipped bit of the stored sums does.
    @Test(arguments: [3, 7, 27, 31, 35]) func theHighestBitOfAWordIsFound(byte: Int) throws {
        for number in 0..<frames {
            _ = try fault { $0[WALFile.headerBytes + number * frameBytes + byte] ^= 0x80 }
        }
    }

    @Test func aFlippedBitOfTheHeaderIsFound() throws {
        for index in 0..<WALFile.headerBytes {
            guard case .damaged(let position, let reason) = try fault(after: { $0[index] ^= 4 }) else { continue }
            #expect(position == LogPosition(1))
            #expect(reason.hasPrefix("the header of "))
        }
    }

    /// All that was committed before what rotted is where the position says.
    @Test func sectorsOfAnEarlierCommitAreFound() throws {
        let commits = (0..<frames).filter { frame($0).isCommit }
        let start = WALFile.headerBytes + (commits[commits.count - 3] + 1) * frameBytes
        for bytes in [512, frameBytes, 2 * frameBytes] {
            let found = try fault { wal in for index in start..<start + bytes { wal[index] = 0 } }
            guard case .damaged(let position, _) = found else { continue }
            #expect(position == LogPosition(401))
        }
    }

    @Test func aTornEndIsNone() throws {
        let end = LogPosition(800)
        for number in lastCommit..<frames {
            let start = WALFile.headerBytes + number * frameBytes
            #expect(try head { $0.removeLast($0.count - start) } == end)
            #expect(try head { $0.removeLast($0.count - start - 600) } == end)
            // A sector did not arrive, and what was behind it did.
            #expect(try head { wal in for index in start..<start + 512 { wal[index] = 0 } } == end)
            #expect(try head { wal in for index in start + 8_192..<start + 8_704 { wal[index] = 0xA5 } } == end)
        }
    }

    /// A commit that failed is written over from its start; what is left of it goes on from what is not there any more.
    @Test func whatAFailedWriteLeftIsNone() throws {
        var previous = WALChecksum(1, 2)
        let end = try head { wal in
            for number in lastCommit..<frames {
                let start = WALFile.headerBytes + number * frameBytes
                previous = frame(number).computedChecksum(after: previous, .littleEndian)
                for (index, half) in [previous.first, previous.second].enumerated() {
                    withUnsafeBytes(of: half.bigEndian) { bytes in
                        wal.replaceSubrange(start + 16 + 4 * index..<start + 20 + 4 * index, with: bytes)
                    }
                }
            }
        }
        #expect(end == LogPosition(800))
    }

    @Test func aReaderFindsItToo() throws {
        var bytes = wal
        bytes[WALFile.headerBytes + 100] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: directory.file("ledger.db-wal")))
        #expect(throws: EventLogError.self) {
            try SQLiteEventLog.open(directory: directory.path, options: SQLiteEventLog.Options(readOnly: true))
        }
    }
}
