import EventSourcing
import Foundation
import GRDB

/// One row of the table `blocks`: a block as it was committed, several blocks packed into one, or the summary of blocks
/// whose bodies retention dropped.
struct StoredBlock {
    var first: LogPosition
    var count: Int
    var timeFirst: Timestamp
    var timeLast: Timestamp
    /// Bytes of the lines before compression.
    var size: Int
    /// The chain hash after the last event of the row.
    var hash: String
    /// Nil for a block as it was committed; otherwise where the original blocks meet, see `Seams`.
    var seams: [UInt8]?
    /// What the events can be picked by, see `StoredLabels`; nil where nothing is known of it.
    var labels: [UInt8]?
    /// The lines, compressed when the body is shorter than `size`; nil when they were dropped.
    var body: [UInt8]?

    var last: LogPosition { first.advanced(by: count - 1) }

    /// It summarises what retention dropped, which always begins with the first event.
    var isSummary: Bool { body == nil && first == LogPosition.beforeFirst.next }

    /// What no log exceeds: sums of numbers that were read from a damaged file must not overflow.
    static func isPlausible(first: Int64, count: Int64, size: Int64) -> Bool {
        let max: Int64 = 1 << 48
        return first > 0 && first <= max && count > 0 && count <= size && size <= max
    }

    /// Every row in full, in the order which `init(row:)` reads.
    static let columns = "first, count, time_first, time_last, size, hash, seams, labels, body"
    /// The same without loading a body from its overflow pages: only whether there is one.
    static let columnsWithoutBody = """
        first, count, time_first, time_last, size, hash, NULL, labels,
        CASE typeof(body) WHEN 'null' THEN NULL ELSE x'' END
        """

    /// Throws `.damaged` when a column does not hold what the schema demands: only a damaged file can get there.
    init(row: Row) throws {
        guard let first: Int64 = row.valid(at: 0), let count: Int64 = row.valid(at: 1),
            let timeFirst: Int64 = row.valid(at: 2),
            let timeLast: Int64 = row.valid(at: 3), let size: Int64 = row.valid(at: 4),
            let hash: String = row.valid(at: 5),
            StoredBlock.isPlausible(first: first, count: count, size: size),
            hash.utf8.count == ChainHash.textLength
        else {
            throw EventLogError.damaged(at: LogPosition(row.valid(at: 0) ?? 0), reason: "the block's row is not valid")
        }
        self.first = LogPosition(first)
        self.count = Int(count)
        self.timeFirst = Timestamp(milliseconds: timeFirst)
        self.timeLast = Timestamp(milliseconds: timeLast)
        self.size = Int(size)
        self.hash = hash
        seams = try row.bytes(at: 6)
        labels = try row.bytes(at: 7)
        body = try row.bytes(at: 8)
    }

    /// Packs blocks that follow each other into one row.
    init(packing blocks: [CommittedBlock], level: Int) {
        let lines = Array(blocks.map(\.block.lines).joined())
        first = blocks[0].block.first
        count = blocks.reduce(0) { $0 + $1.block.count }
        timeFirst = blocks[0].block.timeFirst
        timeLast = blocks[blocks.count - 1].block.timeLast
        size = lines.count
        hash = blocks[blocks.count - 1].hash
        seams = blocks.count > 1 ? Seams.encode(blocks.map(\.block.count)) : nil
        // Anew from the lines: exact where the blocks' own named too much, and there where they had none.
        labels = StoredLabels.encode(BlockLabels(ofLines: lines), first: first, hash: hash)
        body = Zlib.compressed(lines, level: level) ?? lines
    }

    /// What remains of rows whose bodies are dropped: their events counted, their last chain hash to go on from.
    init(summarising rows: [StoredBlock]) {
        first = rows[0].first
        count = rows.reduce(0) { $0 + $1.count }
        timeFirst = rows[0].timeFirst
        timeLast = rows[rows.count - 1].timeLast
        size = rows.reduce(0) { $0 + $1.size }
        hash = rows[rows.count - 1].hash
        seams = nil
        labels = nil
        body = nil
    }

    /// What a reader may go by. Labels that do not check out say nothing: a flipped bit must not hide an event.
    var trustedLabels: BlockLabels {
        labels.flatMap { StoredLabels.decode($0, first: first, hash: hash) } ?? .anything
    }

    /// The lines as they were appended.
    func lines() throws -> [UInt8] {
        guard let body else { throw EventLogError.damaged(at: first, reason: "the block's body is missing") }
        guard let lines = Zlib.inflated(body, size: size) else {
            throw EventLogError.damaged(at: first, reason: "the block's body cannot be decompressed")
        }
        return lines
    }
}

extension StoredBlock {
    /// The original blocks with their hashes, each computed anew from `previousHash` on. Throws `.damaged` when the
    /// chain does not end in the row's hash, so nothing unverified is ever handed out.
    func unfolded(after previousHash: String) throws -> [CommittedBlock] {
        let lines = try lines()
        guard let seams else { return [try single(lines, after: previousHash)] }
        guard let counts = Seams.decode(seams), !counts.isEmpty, counts.allSatisfy({ $0 <= count }),
            counts.reduce(0, +) == count
        else {
            throw EventLogError.damaged(at: first, reason: "the packed block's seams are not valid")
        }
        let blocks = try lines.withUnsafeBytes { try split($0, at: counts, after: previousHash) }
        guard let end = blocks.last, end.hash == hash else { throw hashMismatch }
        guard blocks[0].block.timeFirst == timeFirst, end.block.timeLast == timeLast else {
            throw EventLogError.damaged(at: first, reason: "the packed block's times are not those of its events")
        }
        return blocks
    }

    func checkFollows(_ row: StoredBlock) throws {
        guard first <= row.last.next else { throw EventLogError.missingBlock(at: row.last.next) }
        guard first == row.last.next else {
            throw EventLogError.damaged(at: first, reason: "the block overlaps the one before it")
        }
    }

    private func single(_ lines: [UInt8], after previousHash: String) throws -> CommittedBlock {
        guard ChainHash.next(after: previousHash, lines: lines) == hash else { throw hashMismatch }
        let block = Block(
            first: first,
            count: count,
            timeFirst: timeFirst,
            timeLast: timeLast,
            lines: lines,
            labels: trustedLabels
        )
        return CommittedBlock(block: block, hash: hash)
    }

    private func split(
        _ lines: UnsafeRawBufferPointer,
        at counts: [Int],
        after previousHash: String
    ) throws -> [CommittedBlock] {
        var blocks: [CommittedBlock] = []
        blocks.reserveCapacity(counts.count)
        let labels = trustedLabels
        var times = EventTimeReader()
        var (start, position, hash) = (0, first, previousHash)
        for count in counts {
            guard let extent = BlockExtent(of: count, in: lines, from: start, times: &times) else {
                throw EventLogError.damaged(at: position, reason: "the packed block does not divide at its seams")
            }
            let bytes = UnsafeRawBufferPointer(rebasing: lines[start..<extent.end])
            hash = ChainHash.next(after: hash, lines: bytes)
            let block = Block(
                first: position,
                count: count,
                timeFirst: extent.timeFirst,
                timeLast: extent.timeLast,
                lines: Array(bytes),
                labels: labels
            )
            blocks.append(CommittedBlock(block: block, hash: hash))
            (start, position) = (extent.end, position.advanced(by: count))
        }
        guard start == lines.count else {
            throw EventLogError.damaged(at: position, reason: "the packed block has lines behind its last seam")
        }
        return blocks
    }

    private var hashMismatch: EventLogError {
        .damaged(at: first, reason: "the lines of positions \(first) to \(last) do not give the stored hash")
    }
}

/// Where an original block ends inside a packed body, and the times of its first and last line.
private struct BlockExtent {
    var end: Int
    var timeFirst: Timestamp
    var timeLast: Timestamp

    init?(of count: Int, in lines: UnsafeRawBufferPointer, from start: Int, times: inout EventTimeReader) {
        var (lastStart, end) = (start, start)
        for _ in 0..<count {
            guard let newline = lines.firstNewline(from: end) else { return nil }
            (lastStart, end) = (end, newline + 1)
        }
        guard let firstLine = EventLine(in: lines, at: start), let lastLine = EventLine(in: lines, at: lastStart),
            let timeFirst = times.time(in: lines, at: firstLine.timeStart),
            let timeLast = times.time(in: lines, at: lastLine.timeStart)
        else { return nil }
        (self.end, self.timeFirst, self.timeLast) = (end, timeFirst, timeLast)
    }
}
