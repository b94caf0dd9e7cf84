import EventSourcing
import SQLiteEventLog

/// Blocks that were folded behind a checkpoint and are not in views.db yet.
///
/// A batch that holds five seconds of calls has each of its rows once, where ten batches would write it ten times. Longer
/// is not worth it: it has to be folded again after a crash.
struct PendingBatch: ~Copyable {
    /// Written at the latest so long after its first events were folded …
    private static let age = Duration.seconds(5)
    /// … and so long after the last ones, when nothing more comes.
    private static let quiet = Duration.seconds(1)
    /// Written once it takes about so much memory, in bytes: bounds that, and how long the transaction takes.
    private static let bytesMax = 4 << 20

    /// What the views must hold before this batch is added.
    private(set) var start: ViewsCheckpoint
    /// What they hold afterwards.
    private(set) var end: ViewsCheckpoint
    private var fold = UsageFold()
    private var begun: ContinuousClock.Instant?
    private var latest: ContinuousClock.Instant?

    init(after checkpoint: ViewsCheckpoint) {
        (start, end) = (checkpoint, checkpoint)
    }

    var isEmpty: Bool { start == end }

    /// About the memory that it takes, in bytes.
    var byteCount: Int { fold.byteCount }

    /// Whether it is to be written even if nobody waits for it.
    var isDue: Bool { fold.byteCount >= PendingBatch.bytesMax || timeLeft.map { $0 <= .zero } ?? false }

    /// How long until it is due; nil while it is empty.
    var timeLeft: Duration? {
        guard let begun, let latest else { return nil }
        return min(begun + PendingBatch.age, latest + PendingBatch.quiet) - .now
    }

    /// Folds in blocks that follow in the log; the first may begin before the batch's end. After an error the batch is
    /// of no more use.
    mutating func fold(_ blocks: [CommittedBlock]) throws {
        guard let last = blocks.last else { return }
        latest = .now
        if begun == nil { begun = latest }
        for block in blocks { try fold.fold(block.block, after: end.position) }
        end = ViewsCheckpoint(
            position: last.block.last,
            time: last.block.timeLast,
            hash: last.hash,
            version: UsageFold.version
        )
    }

    /// Takes out what was folded: the next batch begins where this one ends.
    mutating func take() -> ViewsBatch {
        (start, begun, latest) = (end, nil, nil)
        return fold.takeBatch(checkpoint: end)
    }
}
