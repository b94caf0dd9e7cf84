/// What a value on the wire may be. Requests are checked by it, and schemas and help are written from it.
indirect enum ValueType: Sendable {
    case text(TextRule)
    case integer(ClosedRange<Int64>)
    /// A number that may have a fraction.
    case number
    case boolean
    /// RFC 3339 text.
    case instant
    /// One of these strings.
    case choice([String])
    /// An object with exactly these members.
    case object([Field])
    case array(of: ValueType, count: ClosedRange<Int>)
    /// An object whose members, of any names, are all of one type.
    case map(of: ValueType)
    case null
    case nullable(ValueType)
    /// A value of one of these types.
    case oneOf([ValueType])
    /// An object that is not looked into here.
    case anyObject
    /// Any array.
    case anyArray
    /// Any value.
    case any
}

extension ValueType {
    /// Text that the server writes.
    static let freeText = ValueType.text(.free)
    /// Calls, events, bytes and other counts that the server writes.
    static let count = ValueType.integer(0...Int64.max)
    static let position = ValueType.integer(Bounds.version)
    /// 64 hexadecimal digits.
    static let hash = ValueType.text(TextRule(bytes: 64...64, alphabet: .hexadecimal))

    static func choice<Choice: CaseIterable & RawRepresentable>(_: Choice.Type) -> ValueType
    where Choice.RawValue == String {
        .choice(Choice.allCases.map(\.rawValue))
    }

    static func list(of element: ValueType) -> ValueType { .array(of: element, count: 0...Int.max) }
}

/// In words.
extension ValueType {
    /// What a refused value should have been, behind "must be": `an integer from 1 to 100`.
    var requirement: String {
        switch self {
        case .text(let rule): rule.requirement
        case .integer(let range): "an integer\(ValueType.words(for: range))"
        case .number: "a number"
        case .boolean: "true or false"
        case .instant: "an RFC 3339 instant such as 2026-11-21T17:54:01.123Z"
        case .choice(let names): ValueType.alternatives(names)
        case .object, .map, .anyObject: "an object"
        case .array(_, let count): "an array\(ValueType.words(for: count))"
        case .null: "null"
        case .nullable(let type): "\(type.requirement), or null"
        case .oneOf(let types): ValueType.alternatives(types.map(\.requirement))
        case .anyArray: "an array"
        case .any: "a value"
        }
    }

    private static func words(for range: ClosedRange<Int64>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (.min, .max): ""
        case (let least, .max): " of \(least) or more"
        case (let least, let most): " from \(least) to \(most)"
        }
    }

    private static func words(for count: ClosedRange<Int>) -> String {
        switch (count.lowerBound, count.upperBound) {
        case (0, .max): ""
        case (let least, .max): " of \(least) or more elements"
        case (let least, let most): " of \(least) to \(most) elements"
        }
    }

    /// `a`, `a or b`, `a, b or c`.
    private static func alternatives(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
