public import LineJSON

/// The `id` of a request: its exact bytes (a JSON string, number or null), which the answer echoes.
///
/// Up to `inlineBytesMax` bytes, a quoted UUID for one, are held without allocation. Two ids are equal when their bytes
/// are: `1` and `1.0` are different ids.
public struct RequestID: Sendable {
    /// The longest id that needs no allocation, in bytes.
    public static let inlineBytesMax = 40

    @usableFromInline var inlineBytes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    @usableFromInline var inlineCount = 0
    @usableFromInline var longBytes: [UInt8]?

    /// Copies the bytes of a JSON string, number or null.
    public init(json: UnsafeRawBufferPointer) {
        if json.count <= RequestID.inlineBytesMax {
            withUnsafeMutableBytes(of: &inlineBytes) { bytes in bytes.copyMemory(from: json) }
            inlineCount = json.count
        } else {
            longBytes = Array(json)
        }
    }

    /// An id that counts requests.
    public init(_ number: Int64) {
        var digits: [UInt8] = []
        digits.appendDecimal(number)
        self = digits.withUnsafeBytes { bytes in RequestID(json: bytes) }
    }

    /// `null`: the id of an answer to something that has none, or whose id could not be read.
    public static let null = Array("null".utf8).withUnsafeBytes { bytes in RequestID(json: bytes) }

    /// Length in bytes.
    @inlinable var count: Int { longBytes?.count ?? inlineCount }

    /// Lends the id's bytes.
    @inlinable
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        if let longBytes { return try longBytes.withUnsafeBytes(body) }
        return try withUnsafeBytes(of: inlineBytes) { bytes in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<inlineCount]))
        }
    }
}

extension RequestID: Hashable {
    /// Whether the bytes are the same.
    public static func == (left: RequestID, right: RequestID) -> Bool {
        left.withBytes { leftBytes in right.withBytes { rightBytes in leftBytes.elementsEqual(rightBytes) } }
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        withBytes { bytes in hasher.combine(bytes: bytes) }
    }
}

extension RequestID: JSONWritable {
    /// Writes the id as it was received.
    public func write(to writer: inout JSONWriter) {
        withBytes { bytes in writer.value(raw: bytes) }
    }
}

extension RequestID: CustomStringConvertible {
    /// The id's bytes as text.
    public var description: String { withBytes { bytes in String(decoding: bytes, as: UTF8.self) } }
}
