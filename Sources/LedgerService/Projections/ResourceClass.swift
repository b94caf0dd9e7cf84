import Foundation

/// What kind of resource an API call went to: its path without API version, query and record ids, so that history can
/// group by it. `/services/data/v60.0/sobjects/Contact/003HOtqA0aFoo9p?fields=Id` is `/sobjects/Contact/{id}`.
package enum ResourceClass {
    /// Appends the class of `path` to `bytes`.
    package static func append(_ path: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        var isLeading = true
        var start = 0
        while start < path.count, !isEndOfPath(path[start]) {
            let end = endOfSegment(path, from: start)
            let segment = UnsafeRawBufferPointer(rebasing: path[start..<end])
            start = end < path.count && path[end] == slash ? end + 1 : end
            if segment.isEmpty || isLeading && (isPrefix(segment) || isVersion(segment)) { continue }
            isLeading = false
            bytes.append(slash)
            if isRecordID(segment) {
                bytes.append(contentsOf: "{id}".utf8)
            } else {
                bytes.append(contentsOf: segment)
            }
        }
        if isLeading && !path.isEmpty { bytes.append(slash) }
    }

    private static let slash = UInt8(ascii: "/")

    /// Where query or fragment begins.
    private static func isEndOfPath(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") }

    private static func endOfSegment(_ path: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = start
        while end < path.count, path[end] != slash, !isEndOfPath(path[end]) { end += 1 }
        return end
    }

    private static func isPrefix(_ segment: UnsafeRawBufferPointer) -> Bool {
        isEqual(segment, "services") || isEqual(segment, "data")
    }

    private static func isEqual(_ segment: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        segment.count == text.utf8CodeUnitCount
            && segment.baseAddress.map { memcmp($0, text.utf8Start, segment.count) == 0 } ?? false
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
