import Crypto
package import QuotaDomain

/// Digests of idempotency ids and of the content that came with them.
///
/// Ids are chosen by clients, so their digest is SHA-256, in which nobody finds two that collide. The content's digest
/// only tells an honest retry from an honest mistake: a few bits of any hash are enough.
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
        withPrefix(org: org, scope: scope) { prefix in key(prefix: prefix, id: id, fingerprint: fingerprint) }
    }

    /// The key of an id in the scope that `prefix` was made of. Both are gathered first: feeding them to the hash one by
    /// one costs as much as the hash.
    package static func key(
        prefix: UnsafeRawBufferPointer,
        id: UnsafeRawBufferPointer,
        fingerprint: UInt64
    ) -> IdempotencyKey {
        withUnsafeTemporaryAllocation(byteCount: prefix.count + id.count, alignment: 1) { message in
            message.copyMemory(from: prefix)
            UnsafeMutableRawBufferPointer(rebasing: message[prefix.count...]).copyMemory(from: id)
            // A digest is its 32 bytes and nothing else; its own `withUnsafeBytes` is generic and not specialised here.
            return Swift.withUnsafeBytes(of: SHA256.hash(data: UnsafeRawBufferPointer(message))) { digest in
                IdempotencyKey(
                    scopeHigh: digest.loadUnaligned(fromByteOffset: 0, as: UInt64.self).littleEndian,
                    scopeLow: digest.loadUnaligned(fromByteOffset: 8, as: UInt32.self).littleEndian,
                    fingerprint: fingerprint
                )
            }
        }
    }

    /// What is hashed before every id of a scope.
    static func prefix(org: String, scope: Scope) -> [UInt8] {
        withPrefix(org: org, scope: scope) { Array($0) }
    }

    /// Lends what is hashed before every id of a scope: its kind, and the org and the scope's name, which hold no NUL
    /// byte and are each ended by one.
    static func withPrefix<Result>(
        org: String,
        scope: Scope,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let (org, name) = (org.utf8, scope.name.utf8)
        return withUnsafeTemporaryAllocation(byteCount: 3 + org.count + name.count, alignment: 1) { prefix in
            prefix[0] = scope.kind
            var end = 1
            func append(_ part: String.UTF8View) {
                UnsafeMutableRawBufferPointer(rebasing: prefix[end...]).copyBytes(from: part)
                end += part.count
                prefix[end] = 0
                end += 1
            }
            append(org)
            append(name)
            return body(UnsafeRawBufferPointer(prefix))
        }
    }

    package static func key(org: String, scope: Scope, id: String, fingerprint: UInt64) -> IdempotencyKey {
        var id = id
        return id.withUTF8 { key(org: org, scope: scope, id: UnsafeRawBufferPointer($0), fingerprint: fingerprint) }
    }
}

/// A 48-bit digest, made of several pieces: multiply and fold, eight bytes at a time.
package struct Fingerprint: Sendable {
    private var hash: UInt64 = 0x9E37_79B9_7F4A_7C15

    package init() {}

    /// Takes in one piece: "ab" and "c" are other pieces than "a" and "bc".
    package mutating func combine(_ piece: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 8 <= piece.count {
            mix(UInt64(littleEndian: piece.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var rest: UInt64 = 0
        for byte in piece[offset...] { rest = rest << 8 | UInt64(byte) }
        mix(rest)
        mix(UInt64(piece.count))
    }

    private mutating func mix(_ word: UInt64) {
        let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        hash = product.high ^ product.low &+ 0x2545_F491_4F6C_DD1D
    }

    /// The digest: 48 bits, the upper ones folded in.
    package var value: UInt64 { (hash ^ hash >> 48) & 0xFFFF_FFFF_FFFF }
}

extension IdentityDigest.Scope {
    fileprivate var kind: UInt8 {
        switch self {
        case .workspace: UInt8(ascii: "w")
        case .integration: UInt8(ascii: "i")
        case .org: UInt8(ascii: "o")
        case .imported: UInt8(ascii: "e")
        }
    }

    fileprivate var name: String {
        switch self {
        case .workspace(let name), .integration(let name): name
        case .org, .imported: ""
        }
    }
}
