import Crypto
package import QuotaDomain

/// Digests of idempotency ids and of the content that came with them.
///
/// Ids are chosen by clients, so their digest is SHA-256, in which nobody finds two that collide. The content's digest
/// only tells an honest retry from an honest mistake: FNV-1a is enough and costs a nanosecond a byte.
package enum IdentityDigest {
    /// What an id is unique in.
    package enum Scope: Sendable {
        /// Calls and commands of a workspace.
        case workspace(String)
        /// Calls of an integration without a workspace.
        case integration(String)
        /// Commands of an org.
        case org
        /// Imported calls of an org, apart from all others.
        case imported
    }

    package static func key(
        org: String,
        scope: Scope,
        id: UnsafeRawBufferPointer,
        fingerprint: UInt64
    ) -> IdempotencyKey {
        var hasher = SHA256()
        switch scope {
        case .workspace(let name): hasher.update("w", org, name)
        case .integration(let name): hasher.update("i", org, name)
        case .org: hasher.update("o", org, "")
        case .imported: hasher.update("e", org, "")
        }
        hasher.update(bufferPointer: id)
        return hasher.finalize().withUnsafeBytes { digest in
            IdempotencyKey(
                scopeHigh: digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self).littleEndian,
                scopeLow: digest.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian,
                fingerprint: fingerprint
            )
        }
    }

    package static func key(org: String, scope: Scope, id: String, fingerprint: UInt64) -> IdempotencyKey {
        var id = id
        return id.withUTF8 { key(org: org, scope: scope, id: UnsafeRawBufferPointer($0), fingerprint: fingerprint) }
    }
}

/// A 48-bit FNV-1a digest, made of several pieces.
package struct Fingerprint: Sendable {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    /// Keeps the pieces apart: without it "ab" + "c" were "a" + "bc".
    package mutating func endPiece() {
        // 0xFF never stands in UTF-8.
        hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }

    /// The digest: 48 bits, the upper ones folded in.
    package var value: UInt64 { (hash ^ hash >> 48) & 0xFFFF_FFFF_FFFF }
}

extension SHA256 {
    /// Kind, org and name, none of which can hold a NUL byte, each ended by one.
    fileprivate mutating func update(_ kind: StaticString, _ org: String, _ name: String) {
        update(bufferPointer: UnsafeRawBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount))
        for part in [org, name] {
            var part = part
            part.withUTF8 { update(bufferPointer: UnsafeRawBufferPointer($0)) }
            withUnsafeBytes(of: UInt8(0)) { update(bufferPointer: $0) }
        }
    }
}
