/// What kind of resource an API call went to: its path without API version, query and record ids, so that history can
/// group by it. `/services/data/v60.0/sobjects/Contact/003HOtqA0aFoo9p?fields=Id` is `/sobjects/Contact/{id}`.
package enum ResourceClass {
    /// Salesforce's record ids have 15 characters, or 18 with a check.
    private static let idLengths = [15, 18]

    /// Appends the class of `path` to `bytes`.
    package static func append(_ path: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        let query = path.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? path.endIndex
        var isLeading = true
        for segment in path[..<query].split(separator: UInt8(ascii: "/")) {
            if isLeading && (isPrefix(segment) || isVersion(segment)) { continue }
            isLeading = false
            bytes.append(UInt8(ascii: "/"))
            if isRecordID(segment) {
                bytes.append(contentsOf: "{id}".utf8)
            } else {
                bytes.append(contentsOf: segment)
            }
        }
        if isLeading && !path.isEmpty { bytes.append(UInt8(ascii: "/")) }
    }

    private static func isPrefix(_ segment: Slice<UnsafeRawBufferPointer>) -> Bool {
        segment.elementsEqual("services".utf8) || segment.elementsEqual("data".utf8)
    }

    /// `v60.0`
    private static func isVersion(_ segment: Slice<UnsafeRawBufferPointer>) -> Bool {
        segment.first == UInt8(ascii: "v") && segment.count > 1
            && segment.dropFirst().allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
    }

    private static func isRecordID(_ segment: Slice<UnsafeRawBufferPointer>) -> Bool {
        idLengths.contains(segment.count) && segment.contains(where: isDigit)
            && segment.allSatisfy { isDigit($0) || isLetter($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
