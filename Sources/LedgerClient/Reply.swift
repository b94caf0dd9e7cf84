public import LineJSON

/// What a method gave: one JSON value, byte for byte as the server wrote it.
public struct Reply: Sendable {
    /// The JSON text.
    public var bytes: [UInt8]

    /// A reply with this JSON text.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Parses the text and lends the value to `body`; it is valid only until `body` returns.
    public func withValue<R>(_ body: (JSONView) throws -> R) throws -> R {
        var tape = JSONTape()
        return try tape.withParsed(bytes, body)
    }
}
