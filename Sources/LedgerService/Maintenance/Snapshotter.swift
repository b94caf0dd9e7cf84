package import EventSourcing
import Foundation
package import Logging
import QuotaDomain
import SQLiteEventLog

/// Takes certified snapshots: after so many events, after so much time, on demand and on shutdown.
///
/// The sequencer only copies a value; encoding, hashing and compressing happen on this object's queue, part by part with
/// rests between: a part takes a core, and holds the log's one writer while it is written. A queue of low priority would be
/// worse, as it might lose its core just then.
package final class Snapshotter: @unchecked Sendable {
    private let log: any StateLog
    private let logger: Logger
    private let eventsBetween: Int64
    private let timeBetween: TimeSpan
    private let queue = DispatchQueue(label: "ledgerline.snapshots", qos: .utility)
    /// Runs work behind the sequencer's back; on the queue unless told otherwise.
    private let later: Later?

    package typealias Later = @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Guards what follows.
    private let lock = NSLock()
    private var last: LogPosition
    /// Where the last one was claimed, whether or not it could be saved: a full disk must not have every block encode
    /// the state again.
    private var claimed: LogPosition
    private var claimedTime: Timestamp
    /// Bytes of the last one that was saved; 0 before the first.
    private var lastBytes = 0
    private var isUnderWay = false
    private var isFinishing = false

    /// Between parts of a snapshot: longer, and more events have to be read again after a crash; shorter, and calls wait.
    private static let restPerWork = 1.0

    /// Held while snapshots are deleted, which takes too long for the lock above; guards `isKeepingAll`.
    private let pruning = NSLock()
    private var isKeepingAll = false

    package init(
        log: any StateLog,
        last: LogPosition,
        lastTime: Timestamp,
        eventsBetween: Int64,
        timeBetween: TimeSpan,
        logger: Logger,
        later: Later? = nil
    ) {
        self.log = log
        self.last = last
        (claimed, claimedTime) = (last, lastTime)
        self.eventsBetween = eventsBetween
        self.timeBetween = timeBetween
        self.logger = logger
        self.later = later
    }

    /// The position of the newest snapshot.
    package var lastPosition: LogPosition {
        lock.withLock { last }
    }

    /// Whether the head has moved far enough, or long enough, from the last snapshot for another one. Answers true
    /// once, and then not again before that snapshot is done with and the head has moved as far again.
    func claimIfDue(head: LogPosition, time: Timestamp) -> Bool {
        lock.withLock {
            let events = head.ordinal - claimed.ordinal
            let isFarEnough = events >= max(eventsBetween, eventsOfLastSize)
            let isDue = isFarEnough || (events > 0 && time - claimedTime >= timeBetween)
            guard isDue && !isUnderWay else { return false }
            isUnderWay = true
            (claimed, claimedTime) = (head, time)
            return true
        }
    }

    /// As many events as take about the bytes of the last snapshot in the log: one is not taken sooner, so that snapshots
    /// write no more than the log itself, however many ids they hold. With 30 million ids and one every million events they
    /// wrote two and a half times as much.
    private var eventsOfLastSize: Int64 { Int64(lastBytes) / Snapshotter.lineBytesTypical }

    private static let lineBytesTypical: Int64 = 256

    /// The newest that are kept: one that turns out to be damaged has others behind it.
    private static let keptMax = 3

    /// Encodes and saves on the queue; for a snapshot that was claimed.
    func saveLater(_ captured: CapturedState) {
        let work: @Sendable () -> Void = { [self] in
            do {
                _ = try save(captured)
            } catch {
                logger.error("no snapshot at position \(captured.head.position): \(error)")
            }
            lock.withLock { isUnderWay = false }
        }
        if let later { later(work) } else { queue.async(execute: work) }
    }

    /// Encodes, saves and prunes on the calling thread.
    func save(_ captured: CapturedState) throws -> SnapshotReport {
        let pace = BackgroundPace(restPerWork: Snapshotter.restPerWork)
        let saved = try log.save(captured) { _ = pace.isCancelledAfterStep(isInHurry: isInHurry) }
        // Not before the captured state is gone: what it no longer shared with the live one is what can be given back.
        FreedMemory.giveBack()
        try pruning.withLock { if !isKeepingAll { try log.pruneSnapshots(keeping: Snapshotter.keptMax) } }
        lock.withLock {
            last = max(last, captured.head.position)
            claimed = max(claimed, captured.head.position)
            claimedTime = max(claimedTime, captured.time)
            lastBytes = saved.size
        }
        return SnapshotReport(
            position: captured.head.position,
            time: captured.time,
            bytes: saved.size,
            stateHash: saved.stateHash
        )
    }

    /// Deletes no snapshot while `body` runs: older ones than the newest few may be what it is about. One at a time.
    func keepingAll<Result>(_ body: () throws -> Result) rethrows -> Result {
        pruning.withLock { isKeepingAll = true }
        defer { pruning.withLock { isKeepingAll = false } }
        return try body()
    }

    /// Waits for the snapshot under way, which makes haste; so do all after it.
    func finish() {
        lock.withLock { isFinishing = true }
        queue.sync {}
    }

    private var isInHurry: Bool { lock.withLock { isFinishing } }
}

/// A snapshot that was taken.
package struct SnapshotReport: Sendable {
    package var position: LogPosition
    package var time: Timestamp
    /// Encoded, before compression.
    package var bytes: Int
    package var stateHash: String
}
