/// SHA-256 of a token's secret: what is kept of it. The secret has 256 random bits, so nobody finds one by trying, and
/// neither salt nor a slow hash would add to that. Computed outside; here it is only kept and compared.
package struct SecretDigest: Hashable, Sendable {
    /// 32 of them.
    package let bytes: [UInt8]

    package static let byteCount = 32

    /// Nil unless there are 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == SecretDigest.byteCount else { return nil }
        self.bytes = bytes
    }

    /// Of no secret that anybody knows: what is compared where there is no token, so that it takes as long.
    package static let ofNobody = SecretDigest(known: Array(repeating: 0, count: byteCount))

    private init(known bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// In constant time.
    package static func == (left: SecretDigest, right: SecretDigest) -> Bool {
        left.bytes.withUnsafeBytes { left in right.bytes.withUnsafeBytes { ConstantTime.equal(left, $0) } }
    }
}
