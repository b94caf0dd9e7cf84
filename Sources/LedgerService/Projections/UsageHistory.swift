package import EventSourcing
import Foundation
package import Logging
package import SQLiteEventLog

/// The projection behind `usage.history` and questions about the past: follows the log in batches, on a thread of its
/// own behind the sequencer, and keeps its own durable checkpoint.
package final class UsageHistory: @unchecked Sendable {
    /// The projection's name in `projections.list`.
    package static let name = "usage_history"
    package static let version = UsageFold.version
    /// Lines that go into one batch, in bytes: bounds its memory and keeps transactions short.
    static let batchBytes = 4 << 20
    /// Small blocks are collected this long into one transaction, unless somebody waits for the answer.
    private static let collectSeconds = 0.1
    /// After a failed batch, such as on a full disk, the next try comes this much later.
    private static let retrySeconds = 5.0

    private let store: ViewsStore
    private let log: SQLiteEventLog
    private let feed: BlockFeed
    private let logger: Logger

    /// Guards what follows, and wakes the thread and who waits for it.
    private let condition = NSCondition()
    private var applied: LogPosition
    private var wanted = LogPosition.beforeFirst
    private var isStopping = false
    private var hasEnded = false
    private var failure: String?
    private var rebuilding: RebuildProgress?
    /// What a rebuild has to wait for, in words; nil when it may begin.
    private var rebuildBarrier: String?

    /// Held while a batch is applied, and while a rebuild swaps files.
    private let applying = NSLock()

    private struct RebuildProgress {
        var position = LogPosition.beforeFirst
    }

    package init(store: ViewsStore, log: SQLiteEventLog, feed: BlockFeed, logger: Logger) throws {
        self.store = store
        self.log = log
        self.feed = feed
        self.logger = logger
        applied = try store.checkpoint().position
    }

    package func start() {
        let thread = Thread { [self] in run() }
        thread.name = "ledgerline.history"
        thread.stackSize = ServiceThreads.stackBytes
        thread.start()
    }

    /// Ends the thread after the batch it is at, and closes the views.
    package func stop() throws {
        condition.lock()
        isStopping = true
        condition.broadcast()
        while !hasEnded { condition.wait() }
        condition.unlock()
        try store.close()
    }

    /// How far it is, and whether a rebuild is under way.
    package func progress() -> (position: LogPosition, rebuiltTo: LogPosition?) {
        condition.lock()
        defer { condition.unlock() }
        return (applied, rebuilding?.position)
    }

    /// The views, once they hold everything up to `position`. Blocks its thread. Throws when they cannot be filled.
    func store(upTo position: LogPosition) throws -> ViewsStore {
        condition.lock()
        defer { condition.unlock() }
        wanted = max(wanted, position)
        condition.broadcast()
        while applied < position {
            if let failure { throw ViewsError.storage(failure) }
            if isStopping { throw ServiceError.stopping }
            condition.wait()
        }
        return store
    }
}

// MARK: - Following

extension UsageHistory {
    private func run() {
        var fold = UsageFold()
        while awaitMore() {
            do {
                try applyNext(&fold)
            } catch {
                fold = UsageFold()
                note(error)
            }
        }
        condition.lock()
        hasEnded = true
        condition.broadcast()
        condition.unlock()
    }

    /// Blocks until there are events to fold; false when the thread is to end.
    private func awaitMore() -> Bool {
        let next = progress().position.next
        let waiter = feed.whenDurable(next) { [self] in
            condition.lock()
            condition.broadcast()
            condition.unlock()
        }
        defer { waiter.map(feed.cancel) }
        condition.lock()
        defer { condition.unlock() }
        while !isStopping && feed.head.position < next { condition.wait() }
        if !isStopping && wanted < next {
            _ = condition.wait(until: Date(timeIntervalSinceNow: UsageHistory.collectSeconds))
        }
        return !isStopping
    }

    private func applyNext(_ fold: inout UsageFold) throws {
        applying.lock()
        defer { applying.unlock() }
        let from = try store.checkpoint()
        guard let batch = try nextBatch(after: from, &fold) else { return }
        try store.apply(batch)
        condition.lock()
        applied = batch.checkpoint.position
        failure = nil
        condition.broadcast()
        condition.unlock()
    }

    /// The batch behind a checkpoint; nil at the head. What retention dropped comes first, from its archive.
    private func nextBatch(after checkpoint: ViewsCheckpoint, _ fold: inout UsageFold) throws -> ViewsBatch? {
        do {
            let next = checkpoint.position.next
            let blocks =
                try feed.blocks(from: next, byteLimit: UsageHistory.batchBytes)
                ?? log.read(from: next, byteLimit: UsageHistory.batchBytes)
            guard let last = blocks.last else { return nil }
            for block in blocks { try fold.fold(block.block, after: checkpoint.position) }
            return fold.takeBatch(
                checkpoint: ViewsCheckpoint(
                    position: last.block.last,
                    time: last.block.timeLast,
                    hash: last.hash,
                    version: UsageHistory.version
                )
            )
        } catch EventLogError.outOfRange where checkpoint == .start {
            return try archivedBatch()
        }
    }

    private func archivedBatch() throws -> ViewsBatch {
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
        return ViewsBatch(checkpoint: checkpoint, usage: archive.rows)
    }

    private func note(_ error: any Error) {
        logger.error("usage history is behind: \(error)")
        condition.lock()
        failure = "\(error)"
        condition.broadcast()
        if !isStopping { _ = condition.wait(until: Date(timeIntervalSinceNow: UsageHistory.retrySeconds)) }
        condition.unlock()
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
    /// `onProgress` gets the position reached and the head.
    package func rebuild(onProgress: (LogPosition, LogPosition) -> Void = { _, _ in }) throws -> RebuildReport {
        try claimRebuild()
        defer { endRebuild() }
        let began = ContinuousClock.now
        let rebuild = try store.beginRebuild()
        var checkpoint = ViewsCheckpoint.start
        var fold = UsageFold()
        // No further: under load the head moves on as fast as it can be followed.
        let end = feed.head.position
        while checkpoint.position < end, let batch = try nextBatch(after: checkpoint, &fold) {
            try rebuild.apply(batch)
            checkpoint = batch.checkpoint
            noteRebuilt(to: checkpoint.position)
            onProgress(checkpoint.position, feed.head.position)
        }
        try swapIn(rebuild, from: checkpoint, &fold)
        let position = progress().position
        let duration = (ContinuousClock.now - began) / .milliseconds(1)
        return RebuildReport(
            position: position,
            events: Int(position.ordinal),
            duration: TimeSpan(milliseconds: Int64(duration))
        )
    }

    /// What the old file got meanwhile is folded in while the follower is held, so the new one is never behind it.
    private func swapIn(_ rebuild: ViewsRebuild, from checkpoint: ViewsCheckpoint, _ fold: inout UsageFold) throws {
        applying.lock()
        defer { applying.unlock() }
        var checkpoint = checkpoint
        let end = try store.checkpoint().position
        while checkpoint.position < end, let batch = try nextBatch(after: checkpoint, &fold) {
            try rebuild.apply(batch)
            checkpoint = batch.checkpoint
        }
        try rebuild.finish()
        condition.lock()
        applied = checkpoint.position
        failure = nil
        condition.broadcast()
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
        _ = try store(upTo: position)
        return try body()
    }

    private func raiseBarrier(_ reason: String) throws {
        condition.lock()
        defer { condition.unlock() }
        if let rebuildBarrier { throw ServiceError.busy(rebuildBarrier) }
        rebuildBarrier = reason
    }
}
