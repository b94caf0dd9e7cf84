import Crypto
import EventSourcing

/// The hash chain over the log, and the SHA-256 text that snapshots carry.
///
/// `hash = SHA-256(64 hexadecimal characters of the previous hash || lines)`, so that a person can follow the chain
/// with `{ printf %s "$previous"; cat lines; } | sha256sum`.
package enum ChainHash {
    /// Characters of a hash in lowercase hexadecimal.
    static let textLength = 64

    /// The chain hash after a block of `lines` that follows a block with the hash `previous`.
    package static func next(after previous: String, lines: [UInt8]) -> String {
        lines.withUnsafeBytes { next(after: previous, lines: $0) }
    }

    static func next(after previous: String, lines: UnsafeRawBufferPointer) -> String {
        var hasher = SHA256()
        var previous = previous
        previous.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        hasher.update(bufferPointer: lines)
        return hexadecimal(hasher.finalize())
    }

    /// SHA-256 of `bytes` in lowercase hexadecimal: what certifies a snapshot's body.
    package static func digest(of bytes: [UInt8]) -> String {
        var hasher = SHA256()
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return hexadecimal(hasher.finalize())
    }

    static func hexadecimal(_ digest: SHA256Digest) -> String {
        String(unsafeUninitializedCapacity: textLength) { text in
            var end = 0
            for byte in digest {
                text[end] = hexadecimalDigit(byte >> 4)
                text[end + 1] = hexadecimalDigit(byte & 0xF)
                end += 2
            }
            return end
        }
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
