import EventSourcing
import GRDB
import LedgerService
import TestSupport

@testable import LedgerServiceTests
@testable import SQLiteEventLog

/// Work behind the log that leaves out what makes a full disk harmless: a test that does not notice is worth nothing.
enum CarelessWork: CaseIterable {
    /// The packed block comes in a transaction behind the one in which the blocks that it holds go.
    case compactionInTwoTransactions
    /// The old views go before there are new ones.
    case rebuildInPlace
    /// The old snapshots go before there is a new one.
    case snapshotAfterPruning
    /// The copy has its name while it grows.
    case backupUnderItsName

    func carryOut(on ledger: FaultyLedger) throws {
        switch self {
        case .compactionInTwoTransactions: try compact(ledger.service.log)
        case .rebuildInPlace:
            try emptyViews(at: ledger.disk.directory.file("data/" + ViewsSchema.fileName))
            _ = try ledger.service.rebuildProjections()
        case .snapshotAfterPruning:
            try ledger.service.log.pool.write { try $0.execute(sql: "DELETE FROM snapshots") }
            _ = try ledger.service.takeSnapshot()
        case .backupUnderItsName:
            let folder = ledger.disk.directory.file("data/backups")
            try PrivateFiles.createDirectory(folder)
            try ledger.service.log.pool.backup(to: DatabaseQueue(path: folder + "/careless"))
        }
    }

    private func compact(_ log: SQLiteEventLog) throws {
        var plan = PackingPlan(next: try log.firstHeld(), through: try log.head().position, packedBytes: 1 << 20)
        guard let run = try log.reading(at: plan.next, { try plan.nextRun($0) }) else { return }
        let packed = try log.packed(run, level: 6)
        try log.pool.write { db in
            try db.execute(
                sql: "DELETE FROM blocks WHERE first BETWEEN ? AND ?",
                arguments: [run.first.ordinal, run.last.ordinal]
            )
        }
        try log.pool.write { try packed.insert($0) }
    }

    private func emptyViews(at path: String) throws {
        let views = try DatabaseQueue(path: path, configuration: ViewsSchema.configuration(label: "careless"))
        try views.write { try $0.execute(sql: "DELETE FROM hourly") }
        try views.close()
    }
}
