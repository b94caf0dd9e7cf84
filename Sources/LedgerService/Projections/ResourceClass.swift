import LineJSON

/// What kind of resource an API call went to: its path without API version, query and record ids, so that history can
/// group by it. `/services/data/v60.0/sobjects/Contact/003HOtqA0aFoo9p?fields=Id` is `/sobjects/Contact/{id}`.
package enum ResourceClass {
    /// Bytes of the class of a path of `count` bytes at most: a slash before the first segment is all that is added.
    package static func countMax(ofPath count: Int) -> Int { count + 1 }

    /// Stores the class of `path` and returns the offset behind it. There must be room for `countMax(ofPath:)`.
    package static func store(
        _ path: UnsafeRawBufferPointer,
        to memory: UnsafeMutableRawPointer,
        at offset: Int
    ) -> Int {
        guard let bytes = path.baseAddress, !path.isEmpty else { return offset }
        var end = offset
        var start = 0
        while start < path.count, !isEndOfPath(path[start]) {
            let segmentEnd = endOfSegment(path, from: start)
            let segment = UnsafeRawBufferPointer(start: bytes + start, count: segmentEnd - start)
            start = segmentEnd < path.count && path[segmentEnd] == slash ? segmentEnd + 1 : segmentEnd
            if segment.isEmpty || end == offset && (isPrefix(segment) || isVersion(segment)) { continue }
            memory.storeBytes(of: slash, toByteOffset: end, as: UInt8.self)
            end = storeSegment(segment, to: memory, at: end + 1)
        }
        guard end == offset else { return end }
        memory.storeBytes(of: slash, toByteOffset: offset, as: UInt8.self)
        return offset + 1
    }

    private static let slash = UInt8(ascii: "/")
    private static let recordID: StaticString = "{id}"

    private static func storeSegment(
        _ segment: UnsafeRawBufferPointer,
        to memory: UnsafeMutableRawPointer,
        at offset: Int
    ) -> Int {
        memory.store(isRecordID(segment) ? UnsafeRawBufferPointer(recordID) : segment, at: offset)
    }

    /// Where query or fragment begins.
    private static func isEndOfPath(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") }

    private static func endOfSegment(_ path: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = start
        while end < path.count, path[end] != slash, !isEndOfPath(path[end]) { end += 1 }
        return end
    }

    private static func isPrefix(_ segment: UnsafeRawBufferPointer) -> Bool {
        segment.isText("services") || segment.isText("data")
    }

    /// `v60.0`
    private static func isVersion(_ segment: UnsafeRawBufferPointer) -> Bool {
        segment.count > 1 && segment[0] == UInt8(ascii: "v")
            && segment[1...].allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
    }

    /// Salesforce's record ids have 15 characters, or 18 with a check.
    private static func isRecordID(_ segment: UnsafeRawBufferPointer) -> Bool {
        (segment.count == 15 || segment.count == 18) && segment.contains(where: isDigit)
            && segment.allSatisfy { isDigit($0) || isLetter($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are those of `text`.
    @inline(__always)
    func isText(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let start = baseAddress else { return false }
        return start.isText(text, at: 0)
    }
}
