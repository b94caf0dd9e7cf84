import EventSourcing
import GRDB
import Synchronization

extension SQLiteEventLog {
    /// Begins a compaction. Throws `.storage` when one is under way, when the log is read-only, or when retention asks
    /// to drop events that no good snapshot stands in for; a dry run needs none.
    package func compactor(_ options: CompactionOptions = CompactionOptions()) throws -> Compactor {
        guard !self.options.readOnly || options.dryRun else {
            throw EventLogError.storage("the ledger is open for reading only")
        }
        return try Compactor(self, options, claim: CompactionClaim(on: self))
    }
}

/// One compaction, in steps that an append can go between: each step writes in one transaction of a few milliseconds.
///
/// Reading, compressing and checking happen on the calling thread, which should not be the one that appends. Dropping
/// comes first, then packing, then the freed pages are returned to the file system. It may be abandoned after any step.
package final class Compactor {
    private let log: SQLiteEventLog
    private let options: CompactionOptions
    private let claim: CompactionClaim
    private var phase: Phase
    private var packing: PackingPlan
    /// So far; complete once `step()` returned false.
    package private(set) var report: CompactionReport

    private enum Phase {
        case dropping(through: LogPosition, base: LogPosition)
        case packing
        case returningPages(stepsLeft: Int)
        case finished
    }

    fileprivate init(_ log: SQLiteEventLog, _ options: CompactionOptions, claim: CompactionClaim) throws {
        (self.log, self.options, self.claim) = (log, options, claim)
        let head = try log.head().position
        report = try log.reading(at: .beforeFirst) { try CompactionReport(before: $0) }
        packing = PackingPlan(
            next: try log.firstHeld(),
            through: LogPosition(head.ordinal - Int64(options.keepEvents)),
            packedBytes: options.packedBytes
        )
        phase = .packing
        guard let retention = options.retention, let end = try log.lastDroppable(before: retention.before) else {
            return
        }
        let base = try options.dryRun ? end : log.soundBase(atOrAfter: end, version: retention.snapshotVersion)
        phase = .dropping(through: end, base: base)
    }

    /// Does the next part of the work; false when there is none left.
    package func step() throws -> Bool {
        switch phase {
        case .dropping(let end, let base): try dropNext(through: end, base: base)
        case .packing: try packNext()
        case .returningPages(let stepsLeft): try returnPages(stepsLeft: stepsLeft)
        case .finished: return false
        }
        if !options.dryRun { try log.checkpointIfDue() }
        return true
    }

    // MARK: Dropping

    private func dropNext(through end: LogPosition, base: LogPosition) throws {
        guard let retention = options.retention,
            let drop = try log.nextDrop(from: packing.next, through: end)
        else {
            phase = .packing
            return
        }
        if !options.dryRun { try log.perform(drop, archiving: retention.rollUp(drop.blocks), base: base) }
        report.count(drop)
        packing.next = drop.last.next
    }

    // MARK: Packing

    private func packNext() throws {
        guard let run = try log.reading(at: packing.next, { try packing.nextRun($0) }) else {
            phase = .returningPages(stepsLeft: options.dryRun ? 0 : try log.freePages() / pagesPerStep + 1)
            return
        }
        let packed = try log.packed(run, level: options.level)
        report.position = run.last
        guard run.isWorthReplacing(with: packed) else { return }
        if !options.dryRun { try log.replace(run, with: packed) }
        report.count(run, replacedBy: packed)
    }

    // MARK: Returning pages

    /// Moves pages from the end of the file into free ones and cuts it off. The steps are bounded by what was free when
    /// packing ended: appends use free pages too.
    private func returnPages(stepsLeft: Int) throws {
        guard stepsLeft > 0, try log.returnFreePages(atMost: pagesPerStep) else {
            if !options.dryRun { try log.checkpointWithoutWaiting() }
            phase = .finished
            return
        }
        phase = .returningPages(stepsLeft: stepsLeft - 1)
    }
}

/// Held by the one compaction that is under way.
private final class CompactionClaim {
    private let log: SQLiteEventLog

    init(on log: SQLiteEventLog) throws {
        try log.state.withLock { state in
            guard !state.isCompacting else { throw EventLogError.storage("a compaction is already under way") }
            state.isCompacting = true
        }
        self.log = log
    }

    deinit { log.state.withLock { $0.isCompacting = false } }
}

/// Pages that one step moves: 1 MiB.
private let pagesPerStep = (1 << 20) / LedgerSchema.pageSize

extension SQLiteEventLog {
    fileprivate func freePages() throws -> Int {
        try reading(at: .beforeFirst) { try Int.fetchOne($0, sql: "PRAGMA freelist_count") ?? 0 }
    }

    /// False when none is free.
    fileprivate func returnFreePages(atMost count: Int) throws -> Bool {
        guard try freePages() > 0 else { return false }
        try translatingErrors(at: .beforeFirst) {
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA incremental_vacuum(\(count))") }
        }
        try checkpointIfDue(afterWriting: count * LedgerSchema.pageSize)
        return true
    }
}

extension CompactionReport {
    fileprivate init(before db: Database) throws {
        let sql = """
            SELECT count(*), coalesce(sum(coalesce(length(body), 0) + coalesce(length(seams), 0)), 0) FROM blocks
            """
        let row = try Row.fetchOne(db, sql: sql)
        let (blocks, bytes) = (row?[0] as Int? ?? 0, row?[1] as Int? ?? 0)
        self.init(
            blocksBefore: blocks,
            blocksAfter: blocks,
            bytesBefore: bytes,
            bytesAfter: bytes,
            droppedEvents: 0,
            position: .beforeFirst
        )
    }

    fileprivate mutating func count(_ drop: Drop) {
        // The first drop of a log adds the summarising row; later ones replace it.
        blocksAfter -= drop.rows.count - (drop.summary == nil ? 1 : 0)
        bytesAfter -= drop.rows.reduce(0) { $0 + $1.storedBytes }
        droppedEvents += drop.rows.reduce(0) { $0 + $1.count }
        position = drop.last
    }

    fileprivate mutating func count(_ run: PackingRun, replacedBy packed: StoredBlock) {
        blocksAfter -= run.rows - 1
        bytesAfter -= run.storedBytes - packed.storedBytes
    }
}
