import LineJSON

/// The first line of an HTTP request. Any web page that somebody on this machine looks at can have the browser send one to a
/// port of loopback, with lines of its choice behind it: none of them must be taken for a request.
enum HTTPRequestLine {
    static func isOne(_ line: UnsafeRawBufferPointer) -> Bool {
        begins(line) && line.contains(version: "HTTP/")
    }

    /// Whether a line whose end is not known begins like one: with a method, and what is not JSON.
    static func begins(_ line: UnsafeRawBufferPointer) -> Bool {
        // Nearly all lines are JSON and begin otherwise: one byte tells.
        guard let first = line.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
        let method = line.prefix { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        return method.endIndex < line.endIndex && line[method.endIndex] == UInt8(ascii: " ")
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func contains(version: StaticString) -> Bool {
        let length = version.utf8CodeUnitCount
        guard count >= length else { return false }
        return (0...count - length).contains { start in
            UnsafeRawBufferPointer(rebasing: self[start..<start + length]).elementsEqual(
                UnsafeRawBufferPointer(version)
            )
        }
    }
}
