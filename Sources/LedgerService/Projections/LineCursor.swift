import EventSourcing
import LineJSON

/// Reads lines from left to right, for readers that know what comes next. Where something else stands, it says so and
/// stays where it is.
struct LineCursor {
    private let bytes: UnsafeRawPointer
    private let end: Int
    private(set) var offset: Int

    /// Begins at `offset` of bytes that are not empty.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        self.bytes = bytes.baseAddress.unsafelyUnwrapped
        end = bytes.count
        self.offset = offset
    }

    /// Passes over `text`; false when it does not stand here.
    @inline(__always)
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard offset &+ count <= end, bytes.isText(text, at: offset) else { return false }
        offset &+= count
        return true
    }

    /// A whole number that is not negative, such as the project's own writers write; nil when none stands here.
    @inline(__always)
    mutating func number() -> Int64? {
        var cursor = offset
        var value: Int64 = 0
        while cursor < end, case let digit = byte(cursor) &- UInt8(ascii: "0"), digit < 10 {
            value = value &* 10 &+ Int64(digit)
            cursor &+= 1
        }
        guard cursor > offset, cursor &- offset <= LineCursor.digitsMax else { return nil }
        offset = cursor
        return value
    }

    /// The string whose opening quote was passed over; stops behind its closing one. Nil when it has none.
    @inline(__always)
    mutating func text() -> LineText? {
        guard let quote = JSONEscape.closingQuote(bytes, from: offset, to: end) else { return nil }
        let text = LineText(start: bytes + offset, count: quote.offset &- offset, hasEscapes: quote.hasEscapes)
        offset = quote.offset &+ 1
        return text
    }

    /// The 24 bytes of a time; nil when there are not so many, or they are not as `Timestamp` writes them.
    @inline(__always)
    mutating func time(_ times: inout TimeTexts) -> Timestamp? {
        guard offset &+ Timestamp.textLength <= end, let time = times.time(bytes + offset) else { return nil }
        offset &+= Timestamp.textLength
        return time
    }

    @inline(__always)
    private func byte(_ offset: Int) -> UInt8 { bytes.load(fromByteOffset: offset, as: UInt8.self) }

    /// 10^18 fits an Int64.
    private static let digitsMax = 18
}
