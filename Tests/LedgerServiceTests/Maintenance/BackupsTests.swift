import EventSourcing
import Foundation
import SQLiteEventLog
import TestSupport
import Testing

@testable import LedgerService

@Suite struct BackupsTests {
    @Test(
        arguments: ["", ".", "..", "../x", "a/b", "/tmp/x", ".hidden", "ü", "a b", "a\0b", "a.db-wal", "a.db-journal"]
            + ["a-shm", String(repeating: "a", count: 129)]
    )
    func aNameThatIsNoneIsRefused(name: String) throws {
        let ledger = try Ledger()
        #expect(throws: ServiceError.invalid(field: "path", message: BackupName.requirement)) {
            try ledger.service.backup(name: name)
        }
        #expect(try !ledger.directory.names.contains("backups"))
        try ledger.service.shutdown()
    }

    /// Links in the folder are somebody's doing: neither what they lead to is written, nor the name beside it.
    @Test(arguments: ["ledger.db", "nowhere"]) func aLinkInTheFolderLeadsNowhere(target: String) throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        let folder = ledger.directory.file("backups")
        try PrivateFiles.createDirectory(folder)
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/copy.db",
            withDestinationPath: ledger.directory.file(target)
        )
        let before = try ledger.service.log.head()
        #expect(throws: ServiceError.exists("copy.db")) { try ledger.service.backup(name: "copy.db") }
        #expect(try !ledger.directory.names.contains("nowhere"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["copy.db"])
        #expect(try ledger.service.verifyLog().head == before)
        try ledger.service.shutdown()
    }

    @Test func thereIsOneAtATime() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        let (log, directory) = (ledger.service.log, try TemporaryDirectory())
        let backups = Backups(of: log, in: directory.path, tasks: ledger.service.tasks)
        let outcomes = Outcomes()
        DispatchQueue.concurrentPerform(iterations: 4) { index in
            outcomes.note(Result { try backups.make(name: "copy-\(index)") })
        }
        #expect(outcomes.made + outcomes.busy == 4)
        #expect(outcomes.made >= 1)
        #expect(try directory.names.count == outcomes.made)
        try ledger.service.shutdown()
    }

    @Test func aStopEndsTheOneThatIsMadeAndLeavesNothingOfIt() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        let directory = try TemporaryDirectory()
        let tasks = RunningTasks()
        let backups = Backups(of: ledger.service.log, in: directory.path, tasks: tasks)
        tasks.stop()
        #expect(throws: ServiceError.stopping) { try backups.make(name: "copy") }
        tasks.finish()
        #expect(try directory.names == [])
        try ledger.service.shutdown()
    }

    @Test func theStartRemovesWhatAKilledOneLeft() throws {
        var ledger = try Ledger()
        try ledger.record(SaidCall())
        _ = try ledger.service.backup(name: "copy.db")
        ledger = try ledger.reopened { try PrivateFiles.createNewFile($0.file("backups/.late.db.partial")) }
        let folder = ledger.directory.file("backups")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["copy.db"])
        try ledger.service.shutdown()
    }

    private final class Outcomes: @unchecked Sendable {
        private let lock = NSLock()
        private(set) var made = 0
        private(set) var busy = 0

        func note(_ result: Result<BackupReport, any Error>) {
            lock.lock()
            defer { lock.unlock() }
            switch result {
            case .success: made += 1
            case .failure(ServiceError.busy): busy += 1
            case .failure(let error): Issue.record(error)
            }
        }
    }
}
