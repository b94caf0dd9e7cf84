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

    @Test mutating func whatIsAppendedMeanwhileIsNotInIt() throws {
        for _ in 0..<20 { try sample.append(2, padding: 300_000) }
        let before = sample.head
        var during = sample
        let report = try sample.log.backup(to: directory.file("copy")) { done, total in
            if done < total { #expect(throws: Never.self) { try during.append(1) } }
        }
        #expect(report.head == before)
        #expect(during.head.position > before.position)
        #expect(try during.log.verify().head == during.head)
    }

    @Test func nothingIsOverwritten() throws {
        let existing = directory.file("copy")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: existing))
        #expect(throws: EventLogError.storage("\(existing) exists already")) { try sample.log.backup(to: existing) }
        #expect(try String(contentsOfFile: existing, encoding: .utf8) == "precious")
        #expect(try directory.names == ["copy", "data"])
    }

    @Test func aReadOnlyLogCanBeBackedUp() throws {
        let reader = try SQLiteEventLog.open(directory: directory.file("data"), options: .init(readOnly: true))
        #expect(try reader.backup(to: directory.file("copy")).head == sample.head)
    }
}
