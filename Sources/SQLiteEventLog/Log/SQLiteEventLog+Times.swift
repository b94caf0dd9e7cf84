package import EventSourcing
import GRDB

/// From instants to positions and back. Event times never decrease along the log, so rows are found by bisection and
/// appending keeps no index of times.
extension SQLiteEventLog {
    /// The last position whose event has a time of at most `instant`; `.beforeFirst` when there is none. Throws
    /// `.outOfRange` when it lies inside what retention dropped.
    package func position(atOrBefore instant: Timestamp) throws -> LogPosition {
        let row = try reading(at: .beforeFirst) { try lastRow(beginningAtOrBefore: instant, $0) }
        guard let row else { return .beforeFirst }
        if row.timeLast <= instant { return row.last }
        if row.isSummary { throw EventLogError.outOfRange(firstHeld: row.last.next) }
        let block = try read(from: row.first, byteLimit: 1).last { $0.block.timeFirst <= instant }?.block
        return try block.map { try lastPosition(in: $0, atOrBefore: instant) } ?? .beforeFirst
    }

    /// The time of the event at `position`; nil outside the log. Throws `.outOfRange` when it was dropped.
    package func time(of position: LogPosition) throws -> Timestamp? {
        guard let block = try read(from: position, byteLimit: 1).first?.block, block.first <= position else {
            return nil
        }
        if position == block.last { return block.timeLast }
        var lines = EventLines(of: block)
        var time: Timestamp?
        while let line = try lines.next() {
            time = line.time
            if line.position == position { break }
        }
        return time
    }

    private func lastPosition(in block: Block, atOrBefore instant: Timestamp) throws -> LogPosition {
        if block.timeLast <= instant { return block.last }
        var lines = EventLines(of: block)
        var last = block.first
        while let line = try lines.next(), line.time <= instant { last = line.position }
        return last
    }

    private func lastRow(beginningAtOrBefore instant: Timestamp, _ db: Database) throws -> StoredBlock? {
        guard var found = try BlockQueries.firstRow(db), found.timeFirst <= instant else { return nil }
        guard var high = try BlockQueries.last(db)?.last else { return nil }
        while found.last < high {
            let middle = LogPosition((found.last.ordinal + high.ordinal + 1) / 2)
            guard let row = try BlockQueries.row(holding: middle, db) else {
                throw EventLogError.missingBlock(at: middle)
            }
            if row.timeFirst <= instant { found = row } else { high = LogPosition(row.first.ordinal - 1) }
        }
        return found
    }
}
