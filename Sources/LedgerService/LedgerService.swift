package import EventSourcing
import Foundation
import Logging
import QuotaDomain
package import SQLiteEventLog
import Synchronization

/// A ledger that is open for use: the sequencer with its live state, the log, and what follows the log.
///
/// Everything that changes or reads the live state goes through `submit`. What reads or changes files is called
/// directly and blocks its thread.
package final class LedgerService: Sendable {
    package let configuration: ServiceConfiguration
    package let log: SQLiteEventLog
    package let usageHistory: UsageHistory
    /// Long work that is under way.
    package let tasks = RunningTasks()
    private let core: LedgerCore
    private let scrubber: Scrubber
    let backups: Backups

    /// The newest blocks, for readers at the head.
    package var feed: BlockFeed { core.feed }
    package var snapshotter: Snapshotter { core.snapshotter }

    /// Opens the ledger in a directory: takes its lock, recovers the state and begins to serve. Throws when the
    /// directory is in use or the log is damaged, and `LostEvents` when it is shorter than it once was; nothing is ever
    /// deleted to get over damage.
    package static func open(_ configuration: ServiceConfiguration) throws -> LedgerService {
        let witnesses = LogWitnesses(directory: configuration.directory)
        if !configuration.isShorterLogAccepted { try witnesses.checkLogIsWhole() }
        try witnesses.checkNoStrayWAL()
        let log = try SQLiteEventLog.open(directory: configuration.directory)
        do {
            try check(log, against: witnesses, configuration)
            return try LedgerService(log, configuration)
        } catch {
            try? log.close()
            throw error
        }
    }

    /// Before the state is recovered, which sets those snapshots aside that do not fit the log.
    private static func check(
        _ log: SQLiteEventLog,
        against witnesses: LogWitnesses,
        _ configuration: ServiceConfiguration
    ) throws {
        if let lost = try witnesses.lostEvents(from: log) {
            guard configuration.isShorterLogAccepted else { throw lost }
            configuration.logger.warning("accepted: \(lost)")
            // Or every later start would ask again about those of another version, which nothing else looks at.
            try log.setAsideSnapshotsBehindHead()
        } else if let hint = witnesses.hint(behind: try log.head().position) {
            configuration.logger.warning("\(hint)")
        }
        if let warning = FileModes.warning(for: configuration.directory) { configuration.logger.warning("\(warning)") }
    }

    private init(_ log: SQLiteEventLog, _ configuration: ServiceConfiguration) throws {
        let logger = configuration.logger
        let recovered = try Recovery.recover(log, onProgress: configuration.onReplay)
        for warning in recovered.warnings { logger.warning("\(warning)") }

        let views = try ViewsStore.open(directory: configuration.directory, version: UsageHistory.version) {
            try log.hash(after: $0)
        }
        if let reason = views.rebuildReason, recovered.head.position > .beforeFirst {
            logger.notice("usage history is made anew: \(reason)")
        }
        core = LedgerCore(over: log, recovered, configuration) { log.checkpointIfDue(telling: logger) }
        (self.configuration, self.log) = (configuration, log)
        usageHistory = try UsageHistory(store: views.store, log: log, feed: core.feed, logger: logger)
        backups = Backups(of: log, in: configuration.directory + "/" + BackupName.folder, tasks: tasks)
        scrubber = Scrubber(log: log, tasks: tasks, logger: logger, onDamage: { [core] in core.fail($0) })

        core.start()
        usageHistory.start()
        if configuration.isScrubbingAtStart && recovered.head != .empty { scrubber.start() }
    }

    /// Hands requests to the sequencer.
    package func submit(_ burst: Burst) {
        core.sequencer.submit(burst)
    }

    /// How much waits at the sequencer.
    package var backlog: BacklogReport { core.sequencer.backlogReport }

    /// How far the clock is behind the ledger's time; zero where it is not.
    package var clockBehind: TimeSpan { core.clockWatch.behind }

    /// Looks at the clock again; for clocks that jump.
    package func wake() {
        core.sequencer.wake()
    }

    /// Has long work end after the step that it is at, and lets none begin. What is left of it is in order: nothing of a
    /// backup or a rebuild; of a compaction, what was packed and dropped so far, and the snapshot that stands in for it.
    package func stopLongWork() {
        tasks.stop()
    }

    /// Answers and makes durable what was accepted, takes a snapshot, and closes the files. To be called once. Whatever
    /// goes wrong, the log is closed; throws the first thing that did.
    package func shutdown() throws {
        stopLongWork()
        let last = BlockingResult<CapturedState>()
        capture(into: last)
        core.sequencer.drain()
        core.committer.stop()
        // Those who asked for it may be gone, so that nobody else waits for it.
        tasks.finish()
        scrubber.finish()
        let viewsClosing = Result { try usageHistory.stop() }
        snapshotter.finish()
        let saving = Result { try saveSnapshot(of: last) }
        try log.close()
        try viewsClosing.get()
        try saving.get()
    }

    /// Without a captured state the log has failed, and there is nothing to save.
    private func saveSnapshot(of last: BlockingResult<CapturedState>) throws {
        guard let captured = try? last.value(), captured.head.position > snapshotter.lastPosition else { return }
        _ = try snapshotter.save(captured)
    }

    /// The state as of a durable head. Blocks its thread.
    func capturedState() throws -> CapturedState {
        let result = BlockingResult<CapturedState>()
        capture(into: result)
        return try result.value()
    }

    private func capture(into result: BlockingResult<CapturedState>) {
        let promise = result.promise()
        core.sequencer.capture { promise.fulfil(.success($0)) }
    }

    /// Asks the live state. Blocks its thread until all that the answer rests on is durable.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (QuotaState, Moment) throws(Rejection) -> Answer
    ) throws -> Answer {
        let result = BlockingResult<Answer>()
        submit(LedgerService.burst(asking: question, for: result.promise()))
        return try result.value()
    }

    private static func burst<Answer: Sendable>(
        asking question: @escaping @Sendable (QuotaState, Moment) throws(Rejection) -> Answer,
        for promise: BlockingResult<Answer>.Promise
    ) -> Burst {
        let answer = Mutex<Answer?>(nil)
        let query = Burst.Work.query { state, moment throws(Rejection) in
            let given = try question(state, moment)
            answer.withLock { $0 = given }
            return []
        }
        return Burst(items: [Burst.Item(query)]) { outcomes in
            switch outcomes[0] {
            case .refused(let rejection, _): promise.fulfil(.failure(rejection))
            case .overloaded(let retryAfter): promise.fulfil(.failure(ServiceError.overloaded(retryAfter: retryAfter)))
            case .answered: if let given = answer.withLock({ $0 }) { promise.fulfil(.success(given)) }
            case .failed(let failure): promise.fulfil(.failure(failure))
            // Let go unfulfilled, it says that the service is stopping: nothing else is left to keep the answer away.
            case .recorded, .expired, .unavailable: break
            }
        }
    }
}
