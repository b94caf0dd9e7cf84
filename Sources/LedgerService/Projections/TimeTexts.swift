import EventSourcing

/// Reads times as the log writes them: 24 bytes, `2026-11-21T17:54:01.123Z`. The calendar is asked once for each day:
/// most times of a log are of one of two days, as calls are dated within the last 24 hours.
struct TimeTexts {
    private var even = Day()
    private var odd = Day()

    private struct Day {
        /// `2026-11-21`, as the bytes lie in memory.
        var yearAndMonth: UInt64 = 0
        var inMonth: UInt16 = 0
        var start: Int64 = 0
    }

    /// Nil when the 24 bytes are not such a time.
    @inline(__always)
    mutating func time(_ text: UnsafeRawPointer) -> Timestamp? {
        guard isByte(text, 10, "T"), isByte(text, 13, ":"), isByte(text, 16, ":"), isByte(text, 19, "."),
            isByte(text, 23, "Z"),
            let hour = pair(text, 11), let minute = pair(text, 14), let second = pair(text, 17),
            let hundredths = pair(text, 20), let last = digit(text, 22), hour < 24, minute < 60, second < 60,
            let day = startOfDay(text)
        else { return nil }
        let inDay = ((hour &* 60 &+ minute) &* 60 &+ second) &* 1_000 &+ hundredths &* 10 &+ last
        return Timestamp(milliseconds: day &+ inDay)
    }

    @inline(__always)
    private mutating func startOfDay(_ text: UnsafeRawPointer) -> Int64? {
        let isOdd = text.load(fromByteOffset: 9, as: UInt8.self) & 1 == 1
        let known = isOdd ? odd : even
        let yearAndMonth = text.loadUnaligned(as: UInt64.self)
        let inMonth = text.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        if known.yearAndMonth == yearAndMonth && known.inMonth == inMonth { return known.start }
        guard let start = TimeTexts.startOfDay(text) else { return nil }
        let day = Day(yearAndMonth: yearAndMonth, inMonth: inMonth, start: start)
        if isOdd { odd = day } else { even = day }
        return start
    }

    @inline(never)
    private static func startOfDay(_ text: UnsafeRawPointer) -> Int64? {
        let bytes = UnsafeRawBufferPointer(start: text, count: Timestamp.textLength)
        return Timestamp(text: bytes).map { floorDivided($0.milliseconds, by: 86_400_000) * 86_400_000 }
    }

    @inline(__always)
    private func pair(_ text: UnsafeRawPointer, _ offset: Int) -> Int64? {
        guard let tens = digit(text, offset), let ones = digit(text, offset + 1) else { return nil }
        return tens &* 10 &+ ones
    }

    @inline(__always)
    private func digit(_ text: UnsafeRawPointer, _ offset: Int) -> Int64? {
        let value = text.load(fromByteOffset: offset, as: UInt8.self) &- UInt8(ascii: "0")
        return value < 10 ? Int64(value) : nil
    }

    @inline(__always)
    private func isByte(_ text: UnsafeRawPointer, _ offset: Int, _ character: Unicode.Scalar) -> Bool {
        text.load(fromByteOffset: offset, as: UInt8.self) == UInt8(ascii: character)
    }
}
