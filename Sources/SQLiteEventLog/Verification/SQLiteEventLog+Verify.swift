package import EventSourcing
import GRDB

/// What a verification went through without finding a fault.
package struct VerificationReport: Hashable, Sendable {
    /// Events whose lines are held and were read.
    package var events: Int
    /// Blocks as they were committed, packed or not.
    package var blocks: Int
    /// The first position held; 1 until retention dropped something.
    package var firstHeld: LogPosition
    /// The last position that was verified, and the chain hash computed up to it.
    package var head: LogHead
}

extension SQLiteEventLog {
    /// Computes the whole chain anew and holds every line's position and time against its neighbours and its block, and
    /// what was kept of dropped events, the base among it, against what certifies it.
    ///
    /// Goes up to the head at the time of the call, in steps that do not hold up a running ledger. Throws `.damaged`
    /// with the position and the reason, or `CancellationError` when `isCancelled` says so. A log that is sound throws
    /// `UnexpectedHistory` when it did not have one of the heads that it is said to have had, and `.outOfRange` when
    /// retention dropped the block that would tell.
    ///
    /// - Parameters:
    ///   - expected: heads that the log must have had, in any order.
    ///   - progress: told after each step how many of how many positions are done; what it throws ends the work.
    package func verify(
        expecting expected: [LogHead] = [],
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
        isCancelled: () -> Bool = { false }
    ) throws -> VerificationReport {
        let head = try head()
        _ = try archive()
        try checkBase()
        var verification = Verification(start: try verificationStart(), expected: ExpectedHeads(expected))
        let total = Int(head.position.ordinal - verification.head.position.ordinal)
        while verification.head.position < head.position {
            if isCancelled() { throw CancellationError() }
            let next = verification.head.position.next
            let blocks = try read(from: next, byteLimit: verificationStepBytes)
            guard !blocks.isEmpty else {
                throw EventLogError.damaged(at: next, reason: "the log ends before its head \(head.position)")
            }
            try verification.checkContinues(with: blocks[0])
            for block in blocks { try verification.take(block.block, hash: block.hash) }
            try checkLabels(from: next, through: verification.head.position)
            try progress(min(verification.report.events, total), total)
        }
        try check(verification.report.head, against: head)
        try verification.expected.check(upTo: verification.report)
        return verification.report
    }

    /// The chain begins at the first block, or at the end of what retention dropped.
    private func verificationStart() throws -> LogHead {
        try reading(at: .beforeFirst) { db in
            guard let row = try BlockQueries.firstRow(db), row.isSummary else { return .empty }
            return LogHead(position: row.last, hash: row.hash)
        }
    }

    /// Reading takes labels that do not check out for none; here they are damage.
    private func checkLabels(from first: LogPosition, through last: LogPosition) throws {
        try reading(at: first) { db in
            let rows = try BlockQueries.rows(from: first, columns: StoredBlock.columnsWithoutBody, db)
            while let row = try rows.next().map(StoredBlock.init(row:)), row.first <= last {
                guard row.labels == nil || row.trustedLabels != .anything else {
                    throw EventLogError.damaged(at: row.first, reason: "the block's labels do not check out")
                }
            }
        }
    }

    private func check(_ found: LogHead, against head: LogHead) throws {
        guard found.position == head.position, found.hash != head.hash else { return }
        throw EventLogError.damaged(at: head.position, reason: "the chain does not end in the head's hash")
    }
}

/// Lines read between two looks at the caller's wish to stop, in bytes.
private let verificationStepBytes = 4 << 20

private struct Verification {
    var report: VerificationReport
    var expected: ExpectedHeads
    private var time: Timestamp?

    var head: LogHead { report.head }

    init(start: LogHead, expected: ExpectedHeads) {
        self.expected = expected
        self.expected.pass(start)
        report = VerificationReport(events: 0, blocks: 0, firstHeld: start.position.next, head: start)
    }

    /// `read` has computed each hash from the one before it, and the first from what the file says. Compaction may have
    /// packed what was read earlier together with this: it must still be the chain that was verified.
    func checkContinues(with next: CommittedBlock) throws {
        guard next.block.first == head.position.next,
            ChainHash.next(after: head.hash, lines: next.block.lines) == next.hash
        else {
            throw EventLogError.damaged(at: head.position.next, reason: "the block does not continue the chain")
        }
    }

    mutating func take(_ block: Block, hash: String) throws {
        try checkLines(of: block)
        report.events += block.count
        report.blocks += 1
        report.head = LogHead(position: block.last, hash: hash)
        expected.pass(report.head)
    }

    private mutating func checkLines(of block: Block) throws {
        var lines = EventLines(of: block)
        while let line = try lines.next() {
            try checkLabels(of: line, in: block)
            if let time, line.time < time {
                throw EventLogError.damaged(at: line.position, reason: "its time is before that of its predecessor")
            }
            if line.position == block.first, line.time != block.timeFirst {
                throw EventLogError.damaged(at: line.position, reason: "its time is not the block's first time")
            }
            time = line.time
        }
        guard time == block.timeLast else {
            throw EventLogError.damaged(at: block.last, reason: "its time is not the block's last time")
        }
    }

    /// A reader with a filter would pass over the event.
    private func checkLabels(of line: EventLines.Line, in block: Block) throws {
        guard block.labels != .anything else { return }
        let names = block.lines.withUnsafeBytes { EventNames(in: $0, at: line.timeEnd) }
        guard names?.labels.allSatisfy(block.labels.mayContain) ?? true else {
            throw EventLogError.damaged(at: line.position, reason: "the block's labels leave it out")
        }
    }
}
