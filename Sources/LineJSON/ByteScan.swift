/// Looking at eight bytes at a time in one 64-bit word.
///
/// The searches rely on little-endian order: the first byte in memory is the lowest of the word.
@usableFromInline
enum ByteScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080
    private static let quotes = ones * UInt64(UInt8(ascii: "\""))
    private static let backslashes = ones * UInt64(UInt8(ascii: "\\"))
    private static let spaces = ones * UInt64(UInt8(ascii: " "))

    @inlinable @inline(__always)
    static func word(_ input: UnsafeRawPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inlinable @inline(__always)
    static func halfWord(_ input: UnsafeRawPointer, at offset: Int) -> UInt32 {
        UInt32(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inlinable @inline(__always)
    static func byte(_ input: UnsafeRawPointer, at offset: Int) -> UInt8 {
        input.load(fromByteOffset: offset, as: UInt8.self)
    }

    /// The first byte from `offset` on that is no plain ASCII text: a quote, a backslash, a control character or part
    /// of a multi-byte character; `end` when there is none.
    @inline(__always)
    static func endOfPlainASCII(_ input: UnsafeRawPointer, from offset: Int, to end: Int) -> Int {
        var cursor = offset
        while cursor &+ 16 <= end {
            let stops = plainASCIIStops(input.loadUnaligned(fromByteOffset: cursor, as: SIMD16<UInt8>.self))
            if stops.x != 0 { return cursor &+ firstByte(in: stops.x) }
            if stops.y != 0 { return cursor &+ 8 &+ firstByte(in: stops.y) }
            cursor &+= 16
        }
        return endOfPlainASCIITail(input, from: cursor, to: end)
    }

    /// All bits of each byte that is no plain ASCII text, the first byte lowest.
    @inline(__always)
    private static func plainASCIIStops(_ bytes: SIMD16<UInt8>) -> SIMD2<UInt64> {
        let quotes = bytes .== SIMD16<UInt8>(repeating: UInt8(ascii: "\""))
        let backslashes = bytes .== SIMD16<UInt8>(repeating: UInt8(ascii: "\\"))
        // Less a space, control characters wrap around to the top, where the multi-byte characters are.
        let others = (bytes &- SIMD16<UInt8>(repeating: 0x20)) .>= SIMD16<UInt8>(repeating: 0x60)
        let stops = unsafeBitCast(quotes .| backslashes .| others, to: SIMD2<UInt64>.self)
        return SIMD2(stops.x.littleEndian, stops.y.littleEndian)
    }

    /// The same for fewer than 16 bytes, so near the end of the input that no more can be loaded.
    @inline(never)
    private static func endOfPlainASCIITail(_ input: UnsafeRawPointer, from offset: Int, to end: Int) -> Int {
        var cursor = offset
        while cursor &+ 8 <= end {
            // A subtraction borrows into the next byte only behind a byte that is itself a stop, and bytes of 0x80 and
            // more are stops anyway: the lowest mark is always a true one.
            let word = word(input, at: cursor)
            let stops = (word &- spaces) | ((word ^ quotes) &- ones) | ((word ^ backslashes) &- ones) | word
            let marks = stops & highBits
            if marks != 0 { return cursor &+ firstByte(in: marks) }
            cursor &+= 8
        }
        while cursor < end, isPlainASCII(byte(input, at: cursor)) { cursor &+= 1 }
        return cursor
    }

    /// The place of the lowest byte that is not 0.
    @inline(__always)
    private static func firstByte(in word: UInt64) -> Int { word.trailingZeroBitCount &>> 3 }

    /// The first byte from `offset` on that is no whitespace of JSON; `end` when there is none.
    @inline(never)
    static func endOfWhitespace(_ input: UnsafeRawPointer, from offset: Int, to end: Int) -> Int {
        var cursor = offset
        while cursor < end, isWhitespace(byte(input, at: cursor)) { cursor &+= 1 }
        return cursor
    }

    @inline(__always)
    private static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\t")
    }

    /// The first byte from `offset` on that must be escaped inside a JSON string: a quote, a backslash or a control
    /// character; `end` when there is none.
    @inline(__always)
    static func endOfUnescapedText(_ input: UnsafeRawPointer, from offset: Int, to end: Int) -> Int {
        var cursor = offset
        while cursor &+ 8 <= end {
            let word = word(input, at: cursor)
            let marks = escapeMarks(word)
            if marks != 0 { return cursor &+ firstByte(in: marks) }
            cursor &+= 8
        }
        while cursor < end, !needsEscape(byte(input, at: cursor)) { cursor &+= 1 }
        return cursor
    }

    /// Copies `text` up to the first byte that must be escaped and returns how many bytes that were. The memory must
    /// have room for the whole text: what is behind the returned count is overwritten with anything.
    @usableFromInline
    static func copyUnescapedText(_ text: UnsafeRawBufferPointer, to memory: UnsafeMutableRawPointer) -> Int {
        guard let start = text.baseAddress else { return 0 }
        guard text.count >= 8 else { return copyShortUnescapedText(start, count: text.count, to: memory) }
        var cursor = 0
        while true {
            let word = word(start, at: cursor)
            memory.storeBytes(of: word.littleEndian, toByteOffset: cursor, as: UInt64.self)
            let marks = escapeMarks(word)
            if marks != 0 { return cursor &+ firstByte(in: marks) }
            if cursor == text.count &- 8 { return text.count }
            // The last word overlaps the one before it: its first bytes are known to have no marks.
            cursor = min(cursor &+ 8, text.count &- 8)
        }
    }

    /// The same for fewer than eight bytes; four and more are looked at as two halves of a word that overlap.
    @inline(__always)
    private static func copyShortUnescapedText(
        _ text: UnsafeRawPointer,
        count: Int,
        to memory: UnsafeMutableRawPointer
    ) -> Int {
        if count >= 4 {
            let (first, last) = (halfWord(text, at: 0), halfWord(text, at: count &- 4))
            memory.storeBytes(of: first.littleEndian, as: UInt32.self)
            memory.storeBytes(of: last.littleEndian, toByteOffset: count &- 4, as: UInt32.self)
            if escapeMarks(UInt64(first) | UInt64(last) &<< 32) == 0 { return count }
        }
        var cursor = 0
        while cursor < count {
            let byte = byte(text, at: cursor)
            if needsEscape(byte) { return cursor }
            memory.storeBytes(of: byte, toByteOffset: cursor, as: UInt8.self)
            cursor &+= 1
        }
        return count
    }

    /// Marks the bytes that must be escaped; marks above the lowest one may be false.
    @inline(__always)
    private static func escapeMarks(_ word: UInt64) -> UInt64 {
        (below(word, spaces) | below(word ^ quotes, ones) | below(word ^ backslashes, ones)) & highBits
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    @inlinable @inline(__always)
    static func equal(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
        guard count >= 8 else { return equalShort(left, right, count: count) }
        var cursor = 0
        while cursor &+ 8 <= count {
            guard word(left, at: cursor) == word(right, at: cursor) else { return false }
            cursor &+= 8
        }
        return word(left, at: count &- 8) == word(right, at: count &- 8)
    }

    @inlinable @inline(__always)
    static func equalShort(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
        guard count >= 4 else {
            var cursor = 0
            while cursor < count, byte(left, at: cursor) == byte(right, at: cursor) { cursor &+= 1 }
            return cursor == count
        }
        let last = count &- 4
        return left.loadUnaligned(as: UInt32.self) == right.loadUnaligned(as: UInt32.self)
            && left.loadUnaligned(fromByteOffset: last, as: UInt32.self)
                == right.loadUnaligned(fromByteOffset: last, as: UInt32.self)
    }

    @inline(__always)
    private static func isPlainASCII(_ byte: UInt8) -> Bool { byte < 0x80 && !needsEscape(byte) }

    /// Marks the high bit of each byte that is smaller than the byte of `bound` (at most 0x80) in its place. Marks
    /// above the lowest one may be false.
    @inline(__always)
    private static func below(_ word: UInt64, _ bound: UInt64) -> UInt64 { (word &- bound) & ~word }
}
