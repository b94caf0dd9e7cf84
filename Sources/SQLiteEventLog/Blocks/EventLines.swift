import EventSourcing

/// Goes through the lines of a block one by one and holds each against what the block says of itself.
struct EventLines {
    private let block: Block
    private var start = 0
    private var position: LogPosition
    private var times = EventTimeReader()

    struct Line {
        var position: LogPosition
        var time: Timestamp
        /// Where its names are read from, see `EventNames`.
        var timeEnd: Int
    }

    init(of block: Block) {
        self.block = block
        position = block.first
    }

    /// The next line's position and time; nil behind the last. Throws `.damaged` when a line does not begin as an event
    /// line does, is not the expected position's, or when there are more or fewer lines than the block counts.
    mutating func next() throws -> Line? {
        let isAtEnd = start == block.lines.count
        guard isAtEnd == (position > block.last) else {
            throw EventLogError.damaged(
                at: position,
                reason: "the block does not hold the \(block.count) lines that it counts"
            )
        }
        return isAtEnd ? nil : try readLine()
    }

    /// Throws `.damaged` unless every line is what the block says.
    static func check(_ block: Block) throws {
        var lines = EventLines(of: block)
        while try lines.next() != nil {}
    }

    private mutating func readLine() throws -> Line {
        let found = block.lines.withUnsafeBytes { bytes -> (line: EventLine, time: Timestamp)? in
            guard let line = EventLine(in: bytes, at: start), let time = times.time(in: bytes, at: line.timeStart)
            else { return nil }
            return (line, time)
        }
        guard let found, found.line.position == position.ordinal else {
            throw EventLogError.damaged(at: position, reason: "the line is not that of position \(position)")
        }
        defer { (start, position) = (found.line.end, position.next) }
        return Line(position: position, time: found.time, timeEnd: found.line.timeStart + Timestamp.textLength)
    }
}
