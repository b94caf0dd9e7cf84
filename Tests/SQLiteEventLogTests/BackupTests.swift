import EventSourcing
import Foundation
import SQLiteEventLog
import TestSupport
import Testing

@Suite struct BackupTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>

    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.file("data")))
        try sample.append(blocks: [3, 500, 1])
    }

    @Test func aBackupIsVerifiedAndIsALedger() throws {
        var progress: [[Int]] = []
        let report = try sample.log.backup(to: directory.file("ledger.db"), progress: { progress.append([$0, $1]) })
        #expect(report == (try sample.log.verify()))
        #expect(progress.last.map { $0[0] == $0[1] } == true)
        #expect(try directory.permissions(of: "ledger.db") == 0o600)
        #expect(try directory.names == ["data", "ledger.db"])
        let restored = try SQLiteEventLog.open(directory: directory.path)
        #expect(try restored.head() == sample.head)
        #expect(try restored.everything() == sample.committed.map(Seen.init))
        var continued = try SampleLog(restored)
        continued.clock = sample.clock
        try continued.append(1)
        #expect(try restored.verify().head == continued.head)
    }

    /// The source begins anew when another connection changes the file: then a backup under load would never end.
    @Test mutating func appendsAndCheckpointsGoBetweenItsStepsAndAreInIt() throws {
        for _ in 0..<20 { try sample.append(2, padding: 300_000) }
        let before = sample.head
        var during = sample
        var done = 0
        var headAtLastStep = before
        let report = try sample.log.backup(
            to: directory.file("copy"),
            progress: { pages, total in
                #expect(pages > done)
                (done, headAtLastStep) = (pages, during.head)
                guard pages < total else { return }
                #expect(throws: Never.self) {
                    try during.append(1)
                    try during.log.checkpoint()
                }
            }
        )
        #expect(headAtLastStep.position > before.position)
        #expect(report.head == headAtLastStep)
        #expect(try sample.log.verify().head == during.head)
        #expect(PrivateFiles.size(directory.file("data/ledger.db-wal")) == 0)
    }

    /// Pages that were copied already change in place: the copy must have what they hold at its end.
    @Test mutating func aCompactionGoesBetweenItsStepsToo() throws {
        for _ in 0..<300 { try sample.append(20, padding: 1_000) }
        var everything = CompactionOptions()
        everything.keepEvents = 0
        let compactor = try sample.log.compactor(everything)
        let report = try sample.log.backup(
            to: directory.file("copy"),
            progress: { _, _ in #expect(throws: Never.self) { _ = try compactor.step() } }
        )
        #expect(report.head == sample.head)
        #expect(report.blocks == sample.committed.count)
    }

    @Test func nothingIsOverwritten() throws {
        let existing = directory.file("copy")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: existing))
        #expect(throws: EventLogError.storage("\(existing) exists already")) { try sample.log.backup(to: existing) }
        #expect(try String(contentsOfFile: existing, encoding: .utf8) == "precious")
        #expect(try directory.names == ["copy", "data"])
    }

    @Test func whatComesToBeMeanwhileIsNotOverwrittenEither() throws {
        let path = directory.file("copy")
        let error = #expect(throws: EventLogError.self) {
            try sample.log.backup(to: path, progress: { _, _ in try? PrivateFiles.createNewFile(path) })
        }
        #expect(error == .storage("cannot create \(path): File exists"))
        #expect(PrivateFiles.size(path) == 0)
        #expect(try directory.names == ["copy", "data"])
    }

    @Test(arguments: ["nowhere", "data/ledger.db"]) func aLinkIsNotFollowed(target: String) throws {
        let path = directory.file("copy")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: directory.file(target))
        #expect(throws: EventLogError.storage("\(path) exists already")) { try sample.log.backup(to: path) }
        #expect(try sample.log.verify().head == sample.head)
        #expect(try directory.names == ["copy", "data"])
    }

    @Test func aLinkUnderTheUnfinishedNameIsNotFollowed() throws {
        try FileManager.default.createSymbolicLink(
            atPath: SQLiteEventLog.partialPath(of: directory.file("copy")),
            withDestinationPath: directory.file("elsewhere")
        )
        #expect(throws: EventLogError.self) { try sample.log.backup(to: directory.file("copy")) }
        #expect(!PrivateFiles.exists(directory.file("elsewhere")))
    }

    @Test func aReadOnlyLogCanBeBackedUp() throws {
        let reader = try SQLiteEventLog.open(directory: directory.file("data"), options: .init(readOnly: true))
        #expect(try reader.backup(to: directory.file("copy")).head == sample.head)
    }

    @Test mutating func aReadOnlyLogIsCopiedAsItWasAtFirst() throws {
        for _ in 0..<20 { try sample.append(2, padding: 300_000) }
        let before = sample.head
        var during = sample
        let reader = try SQLiteEventLog.open(directory: directory.file("data"), options: .init(readOnly: true))
        let report = try reader.backup(
            to: directory.file("copy"),
            progress: { _, _ in #expect(throws: Never.self) { try during.append(1) } }
        )
        #expect(report.head == before)
        #expect(during.head.position > before.position)
    }

    // MARK: What goes wrong

    /// While it copies, while it verifies the chain, and while it verifies the snapshots, part by part.
    @Test func aCancelledOneLeavesNothing() throws {
        let parts = 8
        try saveSnapshot(Array(repeating: 7, count: parts * SQLiteEventLog.snapshotPartBytes))
        var steps = 0
        _ = try sample.log.backup(
            to: directory.file("whole"),
            isCancelled: {
                steps += 1
                return false
            }
        )
        #expect(steps >= 2 + parts)
        for stepsBefore in 0..<steps {
            var asked = 0
            #expect(throws: CancellationError.self) {
                try sample.log.backup(
                    to: directory.file("copy"),
                    isCancelled: {
                        asked += 1
                        return asked > stepsBefore
                    }
                )
            }
            #expect(asked == stepsBefore + 1)
            #expect(try directory.names == ["data", "whole"])
        }
        #expect(try sample.log.snapshots().first?.setAside == nil)
    }

    /// Whatever the disk or the memory makes of the copy: it is read back before it gets its name.
    @Test func aFlippedByteIsFound() throws {
        let path = directory.file("copy")
        let error = #expect(throws: EventLogError.self) {
            try sample.log.backup(to: path, progress: flipping("inbox", inCopyTo: path))
        }
        guard case .damaged = error else {
            Issue.record("\(error.map { "\($0)" } ?? "no error")")
            return
        }
        #expect(try directory.names == ["data"])
    }

    @Test func aFlippedByteInASnapshotIsFound() throws {
        try saveSnapshot()
        let path = directory.file("copy")
        #expect(throws: EventLogError.self) {
            try sample.log.backup(to: path, progress: flipping("snapshot's body", inCopyTo: path))
        }
        #expect(try directory.names == ["data"])
        #expect(try sample.log.snapshots().first?.setAside == nil)
    }

    @Test func aSnapshotThatIsDamagedInTheLedgerTooFailsOneBackupOnly() throws {
        try saveSnapshot()
        try sample.log.close()
        try tamper(with: directory.file("data/ledger.db"), "UPDATE snapshot_parts SET body = zeroblob(length(body))")
        let log = try SQLiteEventLog.open(directory: directory.file("data"))
        #expect(throws: EventLogError.self) { try log.backup(to: directory.file("copy")) }
        #expect(try log.snapshots().first?.setAside != nil)
        #expect(try log.backup(to: directory.file("copy")).head == sample.head)
    }

    @Test func whatAKilledProcessLeftIsRemoved() throws {
        for name in [".copy.partial", ".copy.partial-journal", ".other.partial-wal", "kept.db", ".kept"] {
            try PrivateFiles.createNewFile(directory.file(name))
        }
        SQLiteEventLog.removePartialBackups(in: directory.path)
        #expect(try directory.names == [".kept", "data", "kept.db"])
        SQLiteEventLog.removePartialBackups(in: directory.file("no such directory"))
    }

    // MARK: Support

    private func saveSnapshot(_ body: [UInt8] = Array("a snapshot's body".utf8)) throws {
        try sample.log.save(
            Snapshot(
                position: sample.head.position,
                time: sample.clock,
                chainHash: sample.head.hash,
                version: 1,
                stateHash: ChainHash.digest(of: body),
                body: body
            )
        )
    }

    /// Damages the copy once it is complete and before it is verified.
    private func flipping(_ text: String, inCopyTo path: String) -> (_ done: Int, _ total: Int) -> Void {
        { done, total in
            guard done == total else { return }
            #expect(throws: Never.self) { try flip(text, in: SQLiteEventLog.partialPath(of: path)) }
        }
    }

    /// Changes the last occurrence of a text: freed pages may hold an earlier one.
    private func flip(_ text: String, in path: String) throws {
        let file = URL(fileURLWithPath: path)
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data(text.utf8), options: .backwards))
        bytes[place.lowerBound] ^= 1
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: bytes)
        try handle.close()
    }
}
