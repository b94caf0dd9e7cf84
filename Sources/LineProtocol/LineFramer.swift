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
    /// A line longer than the bound. It comes once, as soon as the bound is passed; the line's bytes are dropped.
    case overLong
}

/// Splits a stream of bytes into lines, without copying them out and without looking at any byte twice.
///
/// A line ends with `\n`; one `\r` before it is dropped. Lines of nothing but whitespace are passed over. What stands
/// behind the last `\n` when the input ends is a line too, for `printf '…' | nc`.
///
///     framer.append(&buffer)
///     while let answer = framer.withNextLine({ line in … }) { … }
public struct LineFramer: Sendable {
    /// The longest line that is handed out, in bytes before its `\n`.
    public let lineBytesMax: Int

    private var buffer = ByteBuffer()
    /// Bytes at the front of `buffer` that are known to hold no `\n`.
    private var scannedBytes = 0
    private var isSkipping = false
    private var isAtEnd = false

    /// A framer for lines of up to `lineBytesMax` bytes (1 MiB by default).
    public init(lineBytesMax: Int = 1_048_576) {
        precondition(lineBytesMax > 0, "lineBytesMax must be positive")
        self.lineBytesMax = lineBytesMax
    }

    /// Takes in the next bytes of the input: all that `input` holds. Ask for lines until there are none before the next
    /// call, which bounds the memory by `lineBytesMax` and one input.
    public mutating func append(_ input: inout ByteBuffer) {
        precondition(!isAtEnd, "input behind the end of the input")
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

    /// Takes note that no more input comes: what is left over is a line.
    public mutating func finish() {
        isAtEnd = true
    }

    /// Lends the next line to `body` and returns what it returns; nil when there is no complete line yet.
    public mutating func withNextLine<R>(_ body: (FramedLine) throws -> R) rethrows -> R? {
        while let found = findNext() {
            defer { consume(found) }
            switch found {
            case .line(let length, _) where !isBlank(length): return try withBytes(ofLength: length, body)
            case .overLong: return try body(.overLong)
            case .line, .tailOfOverLong: continue
            }
        }
        return nil
    }
}

/// Finding lines. Finding changes nothing but the mark of what was searched; `consume` moves on.
extension LineFramer {
    /// What stands at the front of the buffer. `consumed` counts the bytes that go with it, the line's end included.
    private enum Found {
        case line(length: Int, consumed: Int)
        case overLong(consumed: Int, isEnded: Bool)
        case tailOfOverLong(consumed: Int, isEnded: Bool)
    }

    private mutating func findNext() -> Found? {
        if let length = lengthToLineEnd() {
            if isSkipping { return .tailOfOverLong(consumed: length + 1, isEnded: true) }
            if length > lineBytesMax { return .overLong(consumed: length + 1, isEnded: true) }
            return .line(length: length, consumed: length + 1)
        }
        let length = buffer.readableBytes
        guard length > 0 else { return nil }
        if isSkipping { return .tailOfOverLong(consumed: length, isEnded: false) }
        if length > lineBytesMax { return .overLong(consumed: length, isEnded: false) }
        return isAtEnd ? .line(length: length, consumed: length) : nil
    }

    private mutating func lengthToLineEnd() -> Int? {
        let length = buffer.withUnsafeReadableBytes { bytes -> Int? in
            guard let start = bytes.baseAddress, bytes.count > scannedBytes else { return nil }
            let unscanned = start + scannedBytes
            guard let end = memchr(unscanned, Int32(UInt8(ascii: "\n")), bytes.count - scannedBytes) else { return nil }
            return UnsafeRawPointer(end) - start
        }
        if length == nil { scannedBytes = buffer.readableBytes }
        return length
    }

    private mutating func consume(_ found: Found) {
        scannedBytes = 0
        switch found {
        case .line(_, let consumed):
            buffer.moveReaderIndex(forwardBy: consumed)
        case .overLong(let consumed, let isEnded), .tailOfOverLong(let consumed, let isEnded):
            buffer.moveReaderIndex(forwardBy: consumed)
            isSkipping = !isEnded
        }
        // An empty buffer is let go, so that the channel can read into its memory again.
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
    }

    private func isBlank(_ length: Int) -> Bool {
        buffer.withUnsafeReadableBytes { bytes in
            bytes.prefix(length).allSatisfy { byte in
                byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            }
        }
    }

    private func withBytes<R>(ofLength length: Int, _ body: (FramedLine) throws -> R) rethrows -> R {
        try buffer.withUnsafeReadableBytes { bytes in
            let endsWithReturn = length > 0 && bytes[length - 1] == UInt8(ascii: "\r")
            return try body(.line(UnsafeRawBufferPointer(rebasing: bytes[..<(endsWithReturn ? length - 1 : length)])))
        }
    }
}
