/// Why bytes are not one acceptable JSON text, and where.
public struct JSONError: Error, Hashable, Sendable {
    /// The offence, one case for each rule of RFC 8259 (and each bound of the reader) that can be broken.
    public enum Reason: UInt8, Hashable, Sendable {
        case unexpectedEnd
        case expectedValue
        case expectedKey
        case expectedColon
        case expectedCommaOrBrace
        case expectedCommaOrBracket
        case bytesAfterValue
        case byteOrderMark
        case invalidLiteral
        case leadingZero
        case expectedDigit
        case controlCharacter
        case invalidEscape
        case loneSurrogate
        case invalidUTF8
        case duplicateKey
        case tooDeep
        case tooLong
    }

    /// Byte of the input at which the text went wrong, counted from 0; the input's length when it ended too early.
    public var offset: Int
    /// What went wrong there.
    public var reason: Reason

    /// What went wrong, and where.
    public init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }
}

extension JSONError: CustomStringConvertible {
    /// One sentence without a full stop, for people: `expected ',' or '}' at byte 23`.
    public var description: String { "\(reason) at byte \(offset)" }
}

extension JSONError.Reason: CustomStringConvertible {
    /// The offence in words, without its place.
    public var description: String {
        switch self {
        case .unexpectedEnd: "the text ends too early"
        case .expectedValue: "expected a value"
        case .expectedKey: "expected a member name in double quotes"
        case .expectedColon: "expected ':' after the member name"
        case .expectedCommaOrBrace: "expected ',' or '}'"
        case .expectedCommaOrBracket: "expected ',' or ']'"
        case .bytesAfterValue: "unexpected bytes after the value"
        case .byteOrderMark: "a byte order mark is not allowed"
        case .invalidLiteral: "expected true, false or null"
        case .leadingZero: "a number must not begin with a needless 0"
        case .expectedDigit: "expected a digit"
        case .controlCharacter: "a control character in a string must be escaped"
        case .invalidEscape: "unknown escape in a string"
        case .loneSurrogate: "half of a surrogate pair in a string"
        case .invalidUTF8: "invalid UTF-8 in a string"
        case .duplicateKey: "a member name occurs twice in one object"
        case .tooDeep: "nested too deeply"
        case .tooLong: "the text is too long"
        }
    }
}
