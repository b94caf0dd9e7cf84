import EventSourcing
import LedgerService
import LineJSON
import NIOCore
import SQLiteEventLog

/// Writes pages of the log as one reader wants them, on whatever thread read them.
struct EventPageWriter: Sendable {
    let filter: EventFilter
    let output: EventOutput
    /// Whether a control line with the hash follows every block.
    let wantsBlocks: Bool

    /// A page as it goes out.
    struct Written: Sendable {
        var bytes: ByteBuffer
        /// The last position that it covers.
        var through: LogPosition
    }

    /// Writes what stands in a page from `next` on. Throws `UnreadableEvent` when a filter cannot read a line.
    func written(_ page: BlockPage, from next: LogPosition) throws -> Written {
        let lineBytes = page.blocks.reduce(0) { $0 + $1.block.lines.count }
        var buffer = ByteBufferAllocator().buffer(capacity: filter.isEmpty ? lineBytes : 0)
        var lines = LogLineReader()
        for committed in page.blocks where committed.block.last >= next {
            if filter.isEmpty {
                append(committed.block, from: next, to: &buffer)
            } else {
                try appendMatching(committed.block, from: next, &lines, to: &buffer)
            }
            if wantsBlocks { appendEnd(of: committed, to: &buffer) }
        }
        return Written(bytes: buffer, through: page.through)
    }

    private func append(_ block: Block, from next: LogPosition, to buffer: inout ByteBuffer) {
        var position = max(block.first, next)
        var rest = block.lines[...]
        rest = rest[rest.end(ofLines: Int(position.ordinal - block.first.ordinal))...]
        while !rest.isEmpty {
            let left = Int(block.last.ordinal - position.ordinal) + 1
            let count = min(left, output.eventsAtATime)
            let end = count == left ? rest.endIndex : rest.end(ofLines: count)
            output.append(rest[..<end], count: count, through: position.advanced(by: count - 1), to: &buffer)
            rest = rest[end...]
            position = position.advanced(by: count)
        }
    }

    private func appendMatching(
        _ block: Block,
        from next: LogPosition,
        _ lines: inout LogLineReader,
        to buffer: inout ByteBuffer
    ) throws {
        var matching: [UInt8] = []
        var count = 0
        var position = LogPosition(block.first.ordinal - 1)
        var last = position
        try block.forEachLine { line in
            position = position.next
            guard position >= next, try filter.matches(line, reader: &lines) else { return }
            matching.append(contentsOf: line)
            matching.append(UInt8(ascii: "\n"))
            count += 1
            last = position
            if count == output.eventsAtATime {
                output.append(matching[...], count: count, through: last, to: &buffer)
                matching.removeAll(keepingCapacity: true)
                count = 0
            }
        }
        output.append(matching[...], count: count, through: last, to: &buffer)
    }

    private func appendEnd(of committed: CommittedBlock, to buffer: inout ByteBuffer) {
        output.append(control: "block", to: &buffer) { control in
            control.member("first", committed.block.first)
            control.member("last", committed.block.last)
            control.member("hash", committed.hash)
        }
    }
}

extension ArraySlice<UInt8> {
    /// The index behind the first `count` lines.
    fileprivate func end(ofLines count: Int) -> Int {
        withUnsafeBytes { bytes in
            var end = 0
            for _ in 0..<count { end = bytes.firstNewline(from: end).map { $0 + 1 } ?? bytes.count }
            return startIndex + end
        }
    }
}
