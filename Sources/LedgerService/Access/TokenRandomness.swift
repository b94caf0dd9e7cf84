/// Where the random bytes of tokens come from.
package struct TokenRandomness: Sendable {
    /// So many bytes.
    package var bytes: @Sendable (Int) -> [UInt8]

    package init(bytes: @escaping @Sendable (Int) -> [UInt8]) {
        self.bytes = bytes
    }

    /// The kernel's generator, which is made for secrets.
    package static let system = TokenRandomness { count in
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}
