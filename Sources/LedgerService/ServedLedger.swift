package import EventSourcing
package import QuotaDomain
package import SQLiteEventLog

/// A ledger as those see it who serve it: connections, readers and methods.
///
/// What reads or changes files is called directly and blocks its thread; `LedgerService` documents it.
package protocol ServedLedger: AnyObject, Sendable {
    var configuration: ServiceConfiguration { get }
    /// The newest blocks, for readers at the head.
    var feed: BlockFeed { get }
    /// Long work that is under way.
    var tasks: RunningTasks { get }
    /// How much waits at the sequencer.
    var backlog: BacklogReport { get }
    /// How far the clock is behind the ledger's time; zero where it is not.
    var clockBehind: TimeSpan { get }

    /// Hands requests to the sequencer.
    func submit(_ burst: Burst)

    // MARK: Reading the log

    /// The first position whose event is held; one behind the head when there is none.
    func firstHeld() throws -> LogPosition
    /// The chain hash after `position`; nil within a block.
    func hash(after position: LogPosition) throws -> String?
    func firstPosition(atOrAfter instant: Timestamp) throws -> LogPosition
    func readBlocks(from position: LogPosition, matching query: BlockQuery, byteLimit: Int) throws -> BlockPage

    // MARK: Questions about the past

    func usage(
        org: String,
        workspace: String,
        at: Timestamp?,
        asOfPosition: LogPosition?
    ) throws -> (report: UsageReport, position: LogPosition)
    func history(_ question: HistoryQuestion) throws -> HistoryAnswer

    // MARK: Looking after the files

    func takeSnapshot() throws -> SnapshotReport
    func snapshots() throws -> [SnapshotInfo]
    func logStatistics() throws -> LogStatistics
    func statistics() throws -> ServiceStatistics
    func compact(dryRun: Bool, keepEvents: Int, retainDays: Int?) throws -> CompactionReport
    func verifyLog(expecting expected: [LogHead]) throws -> VerificationReport
    func backup(name: String) throws -> BackupReport
    func projections() -> [ProjectionReport]
    func rebuildProjections() throws -> RebuildReport
    func verifyProjections() throws -> ProjectionVerification
}

extension LedgerService: ServedLedger {
    package func firstHeld() throws -> LogPosition { try log.firstHeld() }

    package func hash(after position: LogPosition) throws -> String? { try log.hash(after: position) }
}
