import EventSourcing
import LineJSON
import SQLiteEventLog

/// A line as counting sees it. Valid only within the closure it was lent to.
enum CountedLine {
    case call(LoggedCall)
    /// An event that is no call, and the line's bytes without its `\n`.
    case other(LogLine, UnsafeRawBufferPointer)
}

/// Reads the lines of a log for counting: calls by their layout, without making tokens of them first, everything else
/// as JSON.
struct CountedLineReader: ~Copyable {
    private var times = TimeTexts()
    private var lines = LogLineReader()

    /// Lends every line of a block to `body`, in order. Throws `UnreadableEvent`, and whatever `body` throws.
    @inline(__always)
    mutating func forEachLine(of block: Block, _ body: (CountedLine) throws -> Void) throws {
        try block.lines.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                var cursor = LineCursor(bytes, at: start)
                if let call = LoggedCall(&cursor, times: &times) {
                    start = cursor.offset
                    try body(.call(call))
                } else {
                    let end = bytes.firstNewline(from: start) ?? bytes.count
                    try lend(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), body)
                    start = end + 1
                }
            }
        }
    }

    /// Reads a line as JSON.
    @inline(never)
    private mutating func lend(_ bytes: UnsafeRawBufferPointer, _ body: (CountedLine) throws -> Void) throws {
        try lines.withLine(bytes) { line in
            guard line.isCall else { return try body(.other(line, bytes)) }
            guard let call = LoggedCall(line) else {
                throw UnreadableEvent(position: line.position, reason: "its data is not that of api.called")
            }
            try body(.call(call))
        }
    }
}
