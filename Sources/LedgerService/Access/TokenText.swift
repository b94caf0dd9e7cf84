package import AccessControl
import Crypto

/// A token as its holder keeps it: `ll_`, the id, `_`, and the secret. Id and secret are hexadecimal digits.
package enum TokenText {
    private static let prefix = Array("ll_".utf8)
    /// Random bytes of an id: enough that no two are ever the same.
    static let idBytes = 8
    /// Random bytes of a secret: nobody finds one by trying.
    static let secretBytes = 32

    /// Bytes of the whole text.
    package static let byteCount = prefix.count + 2 * idBytes + 1 + 2 * secretBytes

    static func text(_ id: AccessToken.ID, secret: String) -> String { "ll_\(id)_\(secret)" }

    /// What a text names and proves; nil when it is no token's.
    package static func read(_ text: UnsafeRawBufferPointer) -> (id: AccessToken.ID, secret: SecretDigest)? {
        guard text.count == byteCount, text.starts(with: prefix) else { return nil }
        let id = text[prefix.count..<prefix.count + 2 * idBytes]
        let secret = text[(id.endIndex + 1)...]
        guard text[id.endIndex] == UInt8(ascii: "_"), id.allSatisfy(HexText.isDigit),
            secret.allSatisfy(HexText.isDigit), let digest = digest(ofSecret: secret)
        else { return nil }
        return (String(decoding: id, as: UTF8.self), digest)
    }

    /// Of the digits, not of the bytes that they stand for.
    static func digest(ofSecret digits: some Collection<UInt8>) -> SecretDigest? {
        var hash = SHA256()
        hash.update(data: Array(digits))
        return SecretDigest(bytes: Array(hash.finalize()))
    }
}
