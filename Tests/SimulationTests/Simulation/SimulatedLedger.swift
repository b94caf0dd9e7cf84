import EventSourcing
import LedgerService
import Logging
import QuotaDomain
import SQLiteEventLog
import TestSupport

/// A ledger that is run step by step: what the service has on threads of its own takes its turn when it is told to. Its log
/// is a simulated disk; questions that need real files are not answered.
final class SimulatedLedger: ServedLedger {
    let configuration: ServiceConfiguration
    let tasks = RunningTasks()
    private let core: LedgerCore
    private let disk: SimulatedDisk

    var feed: BlockFeed { core.feed }
    var backlog: BacklogReport { core.sequencer.backlogReport }
    var clockBehind: TimeSpan { core.clockWatch.behind }

    init(
        on disk: SimulatedDisk,
        clock: ServiceClock,
        aside: WorkAside,
        onFailure: @escaping @Sendable () -> Void
    ) throws {
        configuration = ServiceConfiguration(
            directory: "nowhere",
            clock: clock,
            snapshotEvents: SimulatedLedger.snapshotEvents,
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() },
            onFailure: { _ in onFailure() }
        )
        self.disk = disk
        core = LedgerCore(
            over: disk,
            try disk.recovering { try Recovery.recover(disk) },
            configuration,
            later: { aside.add($0) },
            afterCommit: {}
        )
    }

    /// Few, so that many starts go by a snapshot.
    private static let snapshotEvents: Int64 = 20

    func submit(_ burst: Burst) { core.sequencer.submit(burst) }

    /// One turn of the sequencer; false when it had nothing to do.
    func takeTurn(committingOn place: BlockCommitter.Place) -> Bool { core.sequencer.turn(committingOn: place) }

    /// Commits the block that the sequencer handed over; false when there is none.
    func commit() -> Bool { core.committer.commitNext() }

    // MARK: Reading the log

    func firstHeld() -> LogPosition { disk.firstHeld() }

    func hash(after position: LogPosition) -> String? { disk.hash(after: position) }

    func firstPosition(atOrAfter instant: Timestamp) -> LogPosition { disk.firstPosition(atOrAfter: instant) }

    func readBlocks(from position: LogPosition, matching query: BlockQuery, byteLimit: Int) -> BlockPage {
        feed.page(from: position, matching: query, byteLimit: byteLimit)
            ?? disk.read(from: position, matching: query, byteLimit: byteLimit)
    }

    // MARK: What real files are needed for

    private struct NotSimulated: Error {}

    func usage(
        org: String,
        workspace: String,
        at: Timestamp?,
        asOfPosition: LogPosition?
    ) throws -> (report: UsageReport, position: LogPosition) { throw NotSimulated() }

    func history(_ question: HistoryQuestion) throws -> HistoryAnswer { throw NotSimulated() }
    func takeSnapshot() throws -> SnapshotReport { throw NotSimulated() }
    func snapshots() throws -> [SnapshotInfo] { throw NotSimulated() }
    func logStatistics() throws -> LogStatistics { throw NotSimulated() }
    func statistics() throws -> ServiceStatistics { throw NotSimulated() }
    func compact(dryRun: Bool, keepEvents: Int, retainDays: Int?) throws -> CompactionReport { throw NotSimulated() }
    func verifyLog(expecting expected: [LogHead]) throws -> VerificationReport { throw NotSimulated() }
    func backup(name: String) throws -> BackupReport { throw NotSimulated() }
    func projections() -> [ProjectionReport] { [] }
    func rebuildProjections() throws -> RebuildReport { throw NotSimulated() }
    func verifyProjections() throws -> ProjectionVerification { throw NotSimulated() }
}
