package import EventSourcing
import Foundation
package import Logging
package import SQLiteEventLog

/// The projection behind `usage.history` and questions about the past: follows the log on a thread of its own behind
/// the sequencer, and keeps its own durable checkpoint.
///
/// Blocks are folded in memory soon after they are durable, while the feed still has them. views.db is written when
/// somebody waits for a position, and else when a `PendingBatch` is due.
package final class UsageHistory: @unchecked Sendable {
    /// The projection's name in `projections.list`.
    package static let name = "usage_history"
    package static let version = UsageFold.version
    /// Lines that are folded in one go, in bytes.
    private static let readBytes = 4 << 20
    /// Blocks are left to gather in the feed for so long, unless somebody waits: short enough that folding them does not
    /// hold a core for longer than the sequencer and the event loop can do without it. After 50 ms it took 8 ms, and that was
    /// the 99th percentile of a question asked while calls are recorded.
    private static let gatherSeconds = 0.01
    /// A rebuild writes what it has folded once that takes about so much memory, in bytes: nobody waits for it, and a
    /// row that is in one batch only is written once.
    private static let rebuildBatchBytes = 64 << 20
    /// After a failed batch, such as on a full disk, the next try comes this much later.
    private static let retrySeconds = 5.0

    private let store: ViewsStore
    private let log: SQLiteEventLog
    private let feed: BlockFeed
    private let logger: Logger

    /// Guards what follows, and wakes the thread and who waits for it.
    private let condition = NSCondition()
    /// What the views hold, durably.
    private var applied: ViewsCheckpoint
    private var wanted = LogPosition.beforeFirst
    private var isStopping = false
    private var hasEnded = false
    private var failure: String?
    /// What is wrong with views that have to be made anew; nil while they serve.
    private var damage: String?
    /// How often the views were made anew.
    private var rebuilds = 0
    private var rebuilding: RebuildProgress?
    /// What a rebuild has to wait for, in words; nil when it may begin.
    private var rebuildBarrier: String?

    /// Held while a batch is applied, and while a rebuild swaps files.
    private let applying = NSLock()
    /// While `applying` is held: a rebuild that failed at its end left it open which file is there.
    private var isCheckpointInDoubt = false

    private struct RebuildProgress {
        var position = LogPosition.beforeFirst
    }

    package init(store: ViewsStore, log: SQLiteEventLog, feed: BlockFeed, logger: Logger) throws {
        self.store = store
        self.log = log
        self.feed = feed
        self.logger = logger
        applied = try store.checkpoint()
    }

    package func start() {
        let thread = Thread { [self] in run() }
        thread.name = "ledgerline.history"
        thread.stackSize = ServiceThreads.stackBytes
        thread.start()
    }

    /// Writes what was folded, ends the thread, and closes the views. Damage in them is for the next start to find.
    package func stop() throws {
        condition.lock()
        isStopping = true
        condition.broadcast()
        while !hasEnded { condition.wait() }
        condition.unlock()
        do {
            try store.close()
        } catch ViewsError.damaged(let reason) {
            logger.error("usage history is damaged (\(reason)): it will be made anew")
        }
    }

    /// How far the views are, and whether a rebuild is under way.
    package func progress() -> (position: LogPosition, rebuiltTo: LogPosition?) {
        condition.lock()
        defer { condition.unlock() }
        return (applied.position, rebuilding?.position)
    }

    /// What `body` has of the views once they hold everything up to `position`. Blocks its thread. Throws when they
    /// cannot be filled; `ServiceError.busy` when they turn out to be damaged, and until they have been made anew, which
    /// begins at once.
    func answer<Result>(upTo position: LogPosition, _ body: (ViewsReader) throws -> Result) throws -> Result {
        let (store, rebuilds) = try store(upTo: position)
        do {
            return try store.read { view in
                // The exchange of a rebuild's file that failed may have left an empty one.
                guard try view.position() >= position else {
                    throw ViewsError.damaged("they are shorter than they were")
                }
                return try body(view)
            }
        } catch ViewsError.damaged(let reason) {
            noteDamage(reason, after: rebuilds)
            throw UsageHistory.refusal(becauseOf: reason)
        }
    }

    private static func refusal(becauseOf damage: String) -> ServiceError {
        .busy("the usage history is damaged (\(damage)) and is being made anew from the log")
    }

    /// `seen`: rebuilds that had been made when the views were looked at. Damage that is noted later is not that of the
    /// views that are there by then.
    private func noteDamage(_ reason: String, after seen: Int) {
        condition.lock()
        if seen == rebuilds { damage = damage ?? reason }
        condition.broadcast()
        condition.unlock()
    }

    private func store(upTo position: LogPosition) throws -> (store: ViewsStore, rebuilds: Int) {
        condition.lock()
        defer { condition.unlock() }
        wanted = max(wanted, position)
        condition.broadcast()
        while true {
            if let damage { throw UsageHistory.refusal(becauseOf: damage) }
            if applied.position >= position { return (store, rebuilds) }
            if let failure { throw ViewsError.storage(failure) }
            if isStopping { throw ServiceError.stopping }
            condition.wait()
        }
    }

    /// What the views hold.
    private var checkpoint: ViewsCheckpoint {
        condition.lock()
        defer { condition.unlock() }
        return applied
    }

    /// The same while `applying` is held, when it must be right: what is applied behind another one would be counted twice.
    private func certainCheckpoint() throws -> ViewsCheckpoint {
        if isCheckpointInDoubt {
            noteApplied(try store.checkpoint())
            isCheckpointInDoubt = false
        }
        return checkpoint
    }

    private var isToStop: Bool {
        condition.lock()
        defer { condition.unlock() }
        return isStopping
    }

    private func noteApplied(_ checkpoint: ViewsCheckpoint) {
        condition.lock()
        applied = checkpoint
        failure = nil
        condition.broadcast()
        condition.unlock()
    }
}

// MARK: - Following

extension UsageHistory {
    private func run() {
        var batch = PendingBatch(after: checkpoint)
        while awaitWork(on: batch) {
            let seen = rebuildCount
            do {
                try replaceDamaged(&batch)
                try advance(&batch)
            } catch {
                // Nothing of it is in the views: it is folded again.
                batch = PendingBatch(after: checkpoint)
                note(error, after: seen)
            }
        }
        do {
            try foldRecent(into: &batch)
            try write(&batch)
        } catch {
            logger.error("usage history will have to catch up: \(error)")
        }
        condition.lock()
        hasEnded = true
        condition.broadcast()
        condition.unlock()
    }

    /// Folds what the feed still has in memory. From further behind, the next start catches up.
    private func foldRecent(into batch: inout PendingBatch) throws {
        while let recent = feed.blocks(from: batch.end.position.next, byteLimit: UsageHistory.readBytes),
            !recent.isEmpty
        {
            try batch.fold(recent)
        }
    }

    /// Blocks until there is something to fold or to write; false when the thread is to end.
    private func awaitWork(on batch: borrowing PendingBatch) -> Bool {
        let next = batch.end.position.next
        let waiter = feed.whenDurable(next) { [self] in
            condition.lock()
            condition.broadcast()
            condition.unlock()
        }
        defer { waiter.map(feed.cancel) }
        condition.lock()
        defer { condition.unlock() }
        while !isStopping && !isAwaited(batch) && damage == nil && feed.head.position < next {
            guard let timeLeft = batch.timeLeft else {
                condition.wait()
                continue
            }
            if timeLeft <= .zero { return true }
            _ = condition.wait(until: Date(timeIntervalSinceNow: timeLeft / .seconds(1)))
        }
        if !isStopping && wanted <= applied.position {
            _ = condition.wait(until: Date(timeIntervalSinceNow: UsageHistory.gatherSeconds))
        }
        return !isStopping
    }

    /// Whether somebody waits for what was folded.
    private func isWanted(_ batch: borrowing PendingBatch) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        return isAwaited(batch)
    }

    /// The same while the condition is held.
    private func isAwaited(_ batch: borrowing PendingBatch) -> Bool {
        wanted > batch.start.position && wanted <= batch.end.position
    }

    /// Folds all that is there, and writes it as often as it is due or wanted. From far behind that takes a while, which
    /// stopping does not wait for.
    private func advance(_ batch: inout PendingBatch) throws {
        try applyArchive(before: &batch)
        var isAtHead = false
        while !isAtHead && !isToStop {
            let blocks = try blocks(from: batch.end.position.next)
            isAtHead = blocks.isEmpty
            try batch.fold(blocks)
            if batch.isDue || isWanted(batch) { try write(&batch) }
        }
    }

    /// Adds the batch to the views; when a rebuild has moved these on meanwhile, a new one is begun behind them.
    private func write(_ batch: inout PendingBatch) throws {
        applying.lock()
        defer { applying.unlock() }
        let checkpoint = try certainCheckpoint()
        guard batch.start == checkpoint else {
            batch = PendingBatch(after: checkpoint)
            return
        }
        guard !batch.isEmpty else { return }
        try store.apply(batch.take())
        noteApplied(batch.end)
    }

    private func applyArchive(before batch: inout PendingBatch) throws {
        guard batch.end == .start, let archived = try archivedBatch() else { return }
        applying.lock()
        defer { applying.unlock() }
        if try certainCheckpoint() == .start {
            try store.apply(archived)
            noteApplied(archived.checkpoint)
        }
        batch = PendingBatch(after: checkpoint)
    }

    /// Makes views anew that are damaged. The old ones serve no more, so that nothing has to be followed meanwhile.
    private func replaceDamaged(_ batch: inout PendingBatch) throws {
        guard let damage = notedDamage else { return }
        logger.error("usage history is damaged (\(damage)): it is made anew from the log")
        _ = try rebuild()
        logger.notice("usage history was made anew")
        batch = PendingBatch(after: checkpoint)
    }

    private var notedDamage: String? {
        condition.lock()
        defer { condition.unlock() }
        return damage
    }

    private var rebuildCount: Int {
        condition.lock()
        defer { condition.unlock() }
        return rebuilds
    }

    private func note(_ error: any Error, after seen: Int) {
        if case ServiceError.stopping = error { return }
        logger.error("usage history is behind: \(error)")
        if case ViewsError.damaged(let reason) = error { noteDamage(reason, after: seen) }
        condition.lock()
        failure = "\(error)"
        condition.broadcast()
        if !isStopping { _ = condition.wait(until: Date(timeIntervalSinceNow: UsageHistory.retrySeconds)) }
        condition.unlock()
    }
}

// MARK: - Reading the log

extension UsageHistory {
    /// The blocks from the one that holds `position` on, from memory when they are there; empty past the head.
    @Sendable private func blocks(from position: LogPosition) throws -> [CommittedBlock] {
        try feed.blocks(from: position, byteLimit: UsageHistory.readBytes)
            ?? log.read(from: position, byteLimit: UsageHistory.readBytes)
    }

    /// What retention dropped, from its archive: what the views have to begin with. Nil when nothing was dropped.
    private func archivedBatch() throws -> ViewsBatch? {
        guard try log.firstHeld() > LogPosition.beforeFirst.next else { return nil }
        let archive = try log.archive()
        // The dropped event's own time is not held any more: that of the next one, or of the last one of all, is no
        // earlier.
        let time = try log.time(of: archive.through.next) ?? log.statistics().timeLast
        let checkpoint = ViewsCheckpoint(
            position: archive.through,
            time: time ?? Timestamp(milliseconds: 0),
            hash: try log.hash(after: archive.through) ?? "",
            version: UsageHistory.version
        )
        return ViewsBatch(checkpoint: checkpoint, usage: UsageTotals(archive.rows))
    }
}

// MARK: - Rebuilding

/// What a rebuild did.
package struct RebuildReport: Sendable {
    package var position: LogPosition
    package var events: Int
    package var duration: TimeSpan
}

extension UsageHistory {
    /// Fills a new file from the start of the log while the old one serves, then puts it in the old one's place.
    /// `onProgress` gets the position reached and the head; ends with what it throws.
    package func rebuild(onProgress: (LogPosition, LogPosition) throws -> Void = { _, _ in }) throws -> RebuildReport {
        try claimRebuild()
        defer { endRebuild() }
        let began = ContinuousClock.now
        let rebuild = try store.beginRebuild()
        var batch = PendingBatch(after: .start)
        if let archived = try archivedBatch() {
            try rebuild.apply(archived)
            batch = PendingBatch(after: archived.checkpoint)
        }
        // No further: under load the head moves on as fast as it can be followed.
        try fill(rebuild, with: &batch, upTo: feed.head.position, onProgress: onProgress)
        try swapIn(rebuild, &batch)
        let position = progress().position
        let duration = (ContinuousClock.now - began) / .milliseconds(1)
        return RebuildReport(
            position: position,
            events: Int(position.ordinal),
            duration: TimeSpan(milliseconds: Int64(duration))
        )
    }

    private func fill(
        _ rebuild: ViewsRebuild,
        with batch: inout PendingBatch,
        upTo end: LogPosition,
        onProgress: (LogPosition, LogPosition) throws -> Void
    ) throws {
        let ahead = BlocksAhead(from: batch.end.position.next, read: blocks(from:))
        defer { ahead.stop() }
        while batch.end.position < end, let blocks = try ahead.next(), !blocks.isEmpty {
            if isToStop { throw ServiceError.stopping }
            try batch.fold(blocks)
            if batch.byteCount >= UsageHistory.rebuildBatchBytes { try rebuild.apply(batch.take()) }
            noteRebuilt(to: batch.end.position)
            try onProgress(batch.end.position, feed.head.position)
        }
    }

    /// What the old file got meanwhile is folded in while the follower is held, so the new one is never behind it.
    private func swapIn(_ rebuild: ViewsRebuild, _ batch: inout PendingBatch) throws {
        applying.lock()
        defer { applying.unlock() }
        let end = try certainCheckpoint().position
        while batch.end.position < end, case let blocks = try blocks(from: batch.end.position.next), !blocks.isEmpty {
            try batch.fold(blocks)
            if batch.byteCount >= UsageHistory.rebuildBatchBytes { try rebuild.apply(batch.take()) }
        }
        if !batch.isEmpty { try rebuild.apply(batch.take()) }
        isCheckpointInDoubt = true
        try rebuild.finish()
        _ = try certainCheckpoint()
        condition.lock()
        damage = nil
        rebuilds += 1
        condition.unlock()
    }

    private func claimRebuild() throws {
        try raiseBarrier("a rebuild is under way")
        condition.lock()
        rebuilding = RebuildProgress()
        condition.unlock()
    }

    private func noteRebuilt(to position: LogPosition) {
        condition.lock()
        rebuilding?.position = position
        condition.unlock()
    }

    private func endRebuild() {
        condition.lock()
        (rebuilding, rebuildBarrier) = (nil, nil)
        condition.unlock()
    }

    /// Runs `body` once the views hold everything up to `position`, and keeps rebuilds away meanwhile: for dropping
    /// events up to there. Throws `ServiceError.busy` while one is under way.
    func withoutRebuild<Result>(upTo position: LogPosition, _ body: () throws -> Result) throws -> Result {
        try raiseBarrier("old events are being dropped")
        defer { endRebuild() }
        try answer(upTo: position) { _ in }
        return try body()
    }

    private func raiseBarrier(_ reason: String) throws {
        condition.lock()
        defer { condition.unlock() }
        if let rebuildBarrier { throw ServiceError.busy(rebuildBarrier) }
        rebuildBarrier = reason
    }
}
