package import EventSourcing

/// How far two ledgers are the same: by the chain's hashes where both committed a block, then by lines.
package struct LogComparison: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// Neither goes on behind the other.
        case same
        /// The first is the beginning of the second.
        case firstIsBeginning
        /// The second is the beginning of the first.
        case secondIsBeginning
        /// The lines at one position are not the same.
        case differs(Difference)
        /// They differ somewhere before the first position that both hold: retention dropped the lines of one of them.
        case differsInDropped
        /// All that one of them holds was dropped from the other.
        case nothingInCommon
    }

    /// The first position at which the lines are not the same.
    package struct Difference: Hashable, Sendable {
        package var position: LogPosition
        /// Without their line breaks.
        package var first: String
        package var second: String
    }

    /// The first position that both hold: lines are compared from there on. What retention dropped before is compared by
    /// the chain's hash at its end.
    package var from: LogPosition
    /// The last position up to which both are the same; before `from` when they are nowhere known to be.
    package var through: LogPosition
    /// The last position up to which they also have the same blocks. It is `through` for a ledger and its copy; where
    /// it is before, the same events were recorded twice.
    package var sameBlocksThrough: LogPosition
    package var verdict: Verdict
}

/// A log that was verified, as far as its report says.
package struct VerifiedLog {
    let log: SQLiteEventLog
    let report: VerificationReport

    package init(_ log: SQLiteEventLog, _ report: VerificationReport) {
        (self.log, self.report) = (log, report)
    }

    fileprivate var head: LogPosition { report.head.position }
    fileprivate var lastDropped: LogPosition { LogPosition(report.firstHeld.ordinal - 1) }
}

extension LogComparison {
    /// Compares two logs, neither of which is changed.
    package init(_ first: VerifiedLog, _ second: VerifiedLog) throws {
        let base = max(first.lastDropped, second.lastDropped)
        let end = min(first.head, second.head)
        self.init(from: base.next, through: .beforeFirst, sameBlocksThrough: .beforeFirst, verdict: .nothingInCommon)
        guard base <= end else { return }
        guard try first.log.hash(after: base) == second.log.hash(after: base) else {
            verdict = .differsInDropped
            return
        }
        sameBlocksThrough = try LogComparison.lastSharedHead(first.log, second.log, after: base, upTo: end)
        let difference = try LogComparison.difference(first.log, second.log, after: sameBlocksThrough, upTo: end)
        through = difference.map { LogPosition($0.position.ordinal - 1) } ?? end
        verdict =
            if let difference {
                .differs(difference)
            } else if first.head == second.head {
                .same
            } else {
                first.head < second.head ? .firstIsBeginning : .secondIsBeginning
            }
    }

    /// The last position up to `end` at which both committed a block with the same hash. By bisection: a hash stands for
    /// everything before it, so behind the first difference no hashes are the same.
    private static func lastSharedHead(
        _ first: SQLiteEventLog,
        _ second: SQLiteEventLog,
        after base: LogPosition,
        upTo end: LogPosition
    ) throws -> LogPosition {
        var (shared, limit) = (base, end)
        while shared < limit {
            let middle = LogPosition((shared.ordinal + limit.ordinal + 1) / 2)
            guard let block = try first.read(from: middle, byteLimit: 1).first?.block else { break }
            let head = block.last <= limit ? block.last : LogPosition(block.first.ordinal - 1)
            guard head > shared else { break }
            if try first.hash(after: head) == second.hash(after: head) {
                shared = head
            } else {
                limit = LogPosition(head.ordinal - 1)
            }
        }
        return shared
    }

    private static func difference(
        _ first: SQLiteEventLog,
        _ second: SQLiteEventLog,
        after position: LogPosition,
        upTo end: LogPosition
    ) throws -> Difference? {
        var (firstLines, secondLines) = (LineCursor(first, after: position), LineCursor(second, after: position))
        while firstLines.position < end {
            let (line, other) = (try firstLines.next(), try secondLines.next())
            guard line == other else {
                return Difference(
                    position: firstLines.position,
                    first: String(decoding: line, as: UTF8.self),
                    second: String(decoding: other, as: UTF8.self)
                )
            }
        }
        return nil
    }
}

/// The lines of a log, one after the other.
private struct LineCursor {
    private let log: SQLiteEventLog
    /// Of the line that `next()` gave last.
    private(set) var position: LogPosition
    private var lines: ArraySlice<UInt8> = []

    init(_ log: SQLiteEventLog, after position: LogPosition) {
        (self.log, self.position) = (log, position)
    }

    /// The line at the next position, without its line break.
    mutating func next() throws -> ArraySlice<UInt8> {
        if lines.isEmpty { try readBlock() }
        position = position.next
        let line = lines.prefix { $0 != UInt8(ascii: "\n") }
        lines = lines[line.endIndex...].dropFirst()
        return line
    }

    private mutating func readBlock() throws {
        guard let block = try log.read(from: position.next, byteLimit: 1).first?.block else {
            throw EventLogError.missingBlock(at: position.next)
        }
        lines = block.lines[...]
        for _ in block.first.ordinal..<position.next.ordinal {
            lines = lines.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
        }
    }
}
