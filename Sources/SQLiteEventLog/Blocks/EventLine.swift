import EventSourcing
import Foundation

/// The fixed beginning of every event line: `{"position":42,"time":"2026-11-21T17:54:01.123Z",`.
///
/// Verification and looking up times need nothing else of a line, so the log reads it as text and knows no JSON.
struct EventLine {
    /// What `"position"` says.
    var position: Int64
    /// Where the 24 bytes of the time's text begin, relative to the start of the bytes that were searched.
    var timeStart: Int
    /// Where the next line begins.
    var end: Int

    /// Reads the line that begins at `start`; nil when it does not begin as every event line does, or has no end.
    init?(in lines: UnsafeRawBufferPointer, at start: Int) {
        guard let newline = lines.firstNewline(from: start),
            let digits = lines.skip(EventLine.beforePosition, at: start)
        else { return nil }
        var cursor = digits
        var value: Int64 = 0
        while cursor < newline, case let digit = lines[cursor] &- UInt8(ascii: "0"), digit < 10 {
            guard cursor - digits < EventLine.positionDigitsMax else { return nil }
            value = value * 10 + Int64(digit)
            cursor += 1
        }
        guard cursor > digits, let time = lines.skip(EventLine.beforeTime, at: cursor),
            time + Timestamp.textLength < newline, lines[time + Timestamp.textLength] == UInt8(ascii: "\"")
        else { return nil }
        (position, timeStart, end) = (value, time, newline + 1)
    }

    private static let beforePosition: StaticString = "{\"position\":"
    private static let beforeTime: StaticString = ",\"time\":\""
    /// 10^18 fits an Int64.
    private static let positionDigitsMax = 18
}

/// Turns the time texts of consecutive lines into instants. Neighbouring events mostly share the minute, so only the
/// seconds are read anew: unfolding a packed block reads two times for each original block.
struct EventTimeReader {
    private var minuteText: [UInt8] = []
    private var minute = Timestamp(milliseconds: 0)

    /// Nil when the 24 bytes at `start` are not a time as the log writes it.
    mutating func time(in lines: UnsafeRawBufferPointer, at start: Int) -> Timestamp? {
        let text = UnsafeRawBufferPointer(rebasing: lines[start..<start + Timestamp.textLength])
        let minutePart = text.prefix(EventTimeReader.minuteLength)
        if !minuteText.elementsEqual(minutePart) {
            guard let parsed = Timestamp(text: Array(minutePart) + Array("00.000Z".utf8)) else { return nil }
            (minute, minuteText) = (parsed, Array(minutePart))
        }
        guard let tens = text.digit(17), let ones = text.digit(18), tens < 6, text[19] == UInt8(ascii: "."),
            let hundreds = text.digit(20), let tenths = text.digit(21), let last = text.digit(22),
            text[23] == UInt8(ascii: "Z")
        else { return nil }
        let seconds = TimeSpan.seconds(tens * 10 + ones)
        return minute + seconds + TimeSpan(milliseconds: hundreds * 100 + tenths * 10 + last)
    }

    /// Bytes of `2026-11-21T17:54:`.
    private static let minuteLength = 17
}

extension UnsafeRawBufferPointer {
    /// Index of the first `\n` at or after `start`.
    package func firstNewline(from start: Int) -> Int? {
        guard start < count, let base = baseAddress,
            let found = memchr(base + start, Int32(UInt8(ascii: "\n")), count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// The index behind `text` when it stands at `start`.
    func skip(_ text: StaticString, at start: Int) -> Int? {
        guard start + text.utf8CodeUnitCount <= count else { return nil }
        for offset in 0..<text.utf8CodeUnitCount where self[start + offset] != text.utf8Start[offset] { return nil }
        return start + text.utf8CodeUnitCount
    }

    fileprivate func digit(_ index: Int) -> Int64? {
        let value = self[index] &- UInt8(ascii: "0")
        return value < 10 ? Int64(value) : nil
    }
}
