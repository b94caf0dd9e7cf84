public import NIOCore

// For memchr: the collection's own search for a line end looks at one byte at a time and costs more than parsing.
#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// One outcome of framing.
public enum FramedLine {
    /// The bytes of a line, without its end, valid only inside the closure they were lent to.
    case line(UnsafeRawBufferPointer)
    /// A line longer than the bound. It comes once, as soon as the bound is passed, with what there is of it by then; the
    /// line's bytes are dropped.
    case overLong(beginning: UnsafeRawBufferPointer)
}

/// Splits a stream of bytes into lines, without copying them out and without looking at any byte twice.
///
/// A line ends with `\n`; one `\r` before it is dropped. Lines of nothing but whitespace are passed over. What stands
/// behind the last `\n` when the input ends is a line too, for `printf '…' | nc`.
///
///     framer.append(&buffer)
///     framer.forEachLine { line in … }
public struct LineFramer: Sendable {
    /// The longest line that is handed out, in bytes before its `\n`.
    public let lineBytesMax: Int

    private var buffer = ByteBuffer()
    private var cursor: LineCursor

    /// A framer for lines of up to `lineBytesMax` bytes (1 MiB by default).
    public init(lineBytesMax: Int = 1_048_576) {
        precondition(lineBytesMax > 0, "lineBytesMax must be positive")
        self.lineBytesMax = lineBytesMax
        cursor = LineCursor(lineBytesMax: lineBytesMax)
    }

    /// Takes in the next bytes of the input: all that `input` holds. Ask for lines until there are none before the next
    /// call, which bounds the memory by `lineBytesMax` and one input.
    public mutating func append(_ input: inout ByteBuffer) {
        precondition(!cursor.isInputComplete, "input behind the end of the input")
        if buffer.readableBytes == 0 {
            buffer = input
            input.moveReaderIndex(to: input.writerIndex)
        } else {
            buffer.discardReadBytes()
            buffer.writeBuffer(&input)
        }
    }

    /// Bytes of input that are held, because they belong to lines not asked for yet or not complete.
    public var heldBytes: Int { buffer.readableBytes }

    /// Whether a line was begun whose end has not come. Asked for when every complete line was taken.
    public var isLineOpen: Bool { buffer.readableBytes > 0 || cursor.isSkipping }

    /// Takes note that no more input comes: what is left over is a line.
    public mutating func finish() {
        cursor.isInputComplete = true
    }

    /// Lends every line that is complete to `body`, in order. A line for which it throws is taken all the same.
    public mutating func forEachLine(_ body: (FramedLine) throws -> Void) rethrows {
        try lendLines { line in
            try body(line)
            return true
        }
    }

    /// Lends the lines that are complete to `body`, in order, until it returns false. Returns whether it never did, so that
    /// no complete line is left.
    public mutating func takeLines(while body: (FramedLine) throws -> Bool) rethrows -> Bool {
        var isWanted = true
        try lendLines { line in
            isWanted = try body(line)
            return isWanted
        }
        return isWanted
    }

    /// Lends the next line to `body` and returns what it returns; nil when there is no complete line yet. For who takes one
    /// line at a time: a client that takes all at once counted events in half the CPU time.
    public mutating func withNextLine<R>(_ body: (FramedLine) throws -> R) rethrows -> R? {
        var result: R?
        try lendLines { line in
            result = try body(line)
            return false
        }
        return result
    }

    /// Lends lines as long as there are any and `body` returns true. The buffer is looked into once for all of them.
    private mutating func lendLines(_ body: (FramedLine) throws -> Bool) rethrows {
        var cursor = cursor
        defer { moveOn(cursor) }
        try buffer.withUnsafeReadableBytes { bytes in
            while let line = cursor.nextLine(of: bytes), try body(line) {}
        }
    }

    private mutating func moveOn(_ moved: LineCursor) {
        cursor = moved
        buffer.moveReaderIndex(forwardBy: cursor.removeTaken())
        // An empty buffer is let go, so that the channel can read into its memory again.
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
    }
}

/// How far the lines of some bytes were taken.
private struct LineCursor {
    let lineBytesMax: Int
    /// What stands behind the last line end is a line.
    var isInputComplete = false
    /// Where the next line begins.
    private var start = 0
    /// From `start` to here there is no line end.
    private var searched = 0
    /// What comes up to the next line end belongs to a line that was too long.
    private(set) var isSkipping = false

    init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// The next line, or that one is too long; nil when there is no complete line.
    mutating func nextLine(of bytes: UnsafeRawBufferPointer) -> FramedLine? {
        while let end = nextLineEnd(in: bytes) {
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            start = min(end + 1, bytes.count)
            if isSkipping {
                isSkipping = false
            } else if line.count > lineBytesMax {
                return .overLong(beginning: line)
            } else if !LineCursor.isBlank(line) {
                return .line(LineCursor.withoutReturn(line))
            }
        }
        let wasSkipping = isSkipping
        isSkipping = isSkipping || bytes.count - start > lineBytesMax
        guard isSkipping else { return nil }
        defer { start = bytes.count }
        return wasSkipping ? nil : .overLong(beginning: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    private mutating func nextLineEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let memory = bytes.baseAddress, start < bytes.count else { return nil }
        let from = max(start, searched)
        if let end = memchr(memory + from, Int32(UInt8(ascii: "\n")), bytes.count - from) {
            return UnsafeRawPointer(end) - memory
        }
        searched = bytes.count
        return isInputComplete ? bytes.count : nil
    }

    /// Forgets the bytes before `start`, and returns how many they were.
    mutating func removeTaken() -> Int {
        defer { (start, searched) = (0, max(0, searched - start)) }
        return start
    }

    private static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
        line.allSatisfy { byte in
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
        }
    }

    private static func withoutReturn(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
    }
}
