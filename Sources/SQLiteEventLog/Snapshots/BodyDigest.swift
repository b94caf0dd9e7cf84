import Crypto

/// The length and SHA-256 of a snapshot's body whose parts come one after the other.
struct BodyDigest {
    private(set) var size = 0
    private var hasher = SHA256()

    mutating func update(_ part: [UInt8]) {
        size += part.count
        part.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    }

    /// 64 hexadecimal digits.
    var stateHash: String { ChainHash.hexadecimal(hasher.finalize()) }
}
