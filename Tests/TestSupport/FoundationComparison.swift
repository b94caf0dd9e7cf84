import Foundation
package import LineJSON

/// Foundation's parser, written by other people, as the judge of ours.
package enum FoundationComparison {
    /// What the two say differently of `bytes`; nil where they agree, or differ on purpose.
    package static func difference(on bytes: [UInt8], with tape: inout JSONTape) -> String? {
        let ours = Result { try tape.withParsed(bytes) { view in JSONNode(view) } }
        let theirs = Result { try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) }
        switch (ours, theirs) {
        case (.success(let ours), .success(let theirs)):
            let theirs = JSONNode(foundation: theirs)
            let isSame = ours == theirs || ours.withoutMarks == theirs.withoutMarks
            return isSame || ours.hasNamesThatMarksTellApart ? nil : "the values differ"
        case (.failure(let error), .success):
            return isStricterOnPurpose(error, bytes) ? nil : "refused alone: \(error)"
        case (.success(let ours), .failure(let error)):
            return isLooserOnPurpose(ours) ? nil : "accepted alone; Foundation says: \(error)"
        case (.failure, .failure):
            return nil
        }
    }

    /// Foundation lets a comma stand before `}` and `]`, lets one of two equal names win, nests up to 512 times, and
    /// reads other encodings than UTF-8, which RFC 8259 section 8.1 shuts out between systems: it recognises them by a
    /// byte order mark or by zero bytes at the start.
    private static func isStricterOnPurpose(_ error: any Error, _ bytes: [UInt8]) -> Bool {
        guard let error = error as? JSONError else { return false }
        switch error.reason {
        case .duplicateKey, .byteOrderMark, .tooDeep: return true
        case .expectedKey: return bytes[error.offset] == UInt8(ascii: "}")
        case .expectedValue where bytes[error.offset] == UInt8(ascii: "]"): return true
        default: return isInOtherEncoding(bytes)
        }
    }

    private static func isInOtherEncoding(_ bytes: [UInt8]) -> Bool {
        bytes.prefix(4).contains(0) || bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
    }

    /// Foundation refuses numbers beyond the range of `Double`; RFC 8259 section 6 leaves the range to the reader of
    /// the value.
    private static func isLooserOnPurpose(_ node: JSONNode) -> Bool {
        switch node {
        case .number(let number): number.value == .infinity
        case .array(let elements): elements.contains(where: isLooserOnPurpose)
        case .object(let members): members.values.contains(where: isLooserOnPurpose)
        case .null, .boolean, .string: false
        }
    }
}

extension JSONNode {
    /// Foundation drops a byte order mark where a string begins, and behind an escape.
    fileprivate var withoutMarks: JSONNode {
        switch self {
        case .string(let text): .string(JSONNode.withoutMarks(text))
        case .array(let elements): .array(elements.map(\.withoutMarks))
        case .object(let members):
            .object(
                Dictionary(members.map { (JSONNode.withoutMarks($0), $1.withoutMarks) }) { first, _ in first }
            )
        case .null, .boolean, .number: self
        }
    }

    /// Of such names Foundation lets one win.
    fileprivate var hasNamesThatMarksTellApart: Bool {
        switch self {
        case .array(let elements): elements.contains(where: \.hasNamesThatMarksTellApart)
        case .object(let members):
            Set(members.keys.map(JSONNode.withoutMarks)).count < members.count
                || members.values.contains(where: \.hasNamesThatMarksTellApart)
        case .null, .boolean, .number, .string: false
        }
    }

    private static func withoutMarks(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        text.filter { $0 != "\u{FEFF}" }
    }
}
