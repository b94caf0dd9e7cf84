import EventSourcing
import LedgerService
import LineJSON
import LineProtocol

/// Checking what a request says against the catalog.
extension Field {
    /// Throws -32602 with the path of what is wrong. `path` is that of this field.
    func check(_ value: JSONView, path: @autoclosure () -> String) throws(RPCError) {
        switch type {
        case .object(let members) where value.kind == .object:
            _ = try FieldValues(value, of: members, prefix: path() + ".")
        case .array(let element, let count) where value.kind == .array && count.contains(value.count):
            try checkElements(of: value, type: element, path: path())
        default:
            guard type.accepts(value) else { throw refusal(path: path()) }
        }
    }

    private func checkElements(of array: JSONView, type element: ValueType, path: String) throws(RPCError) {
        let field = Field.required(name, element, summary, refusalHint: refusalHint)
        for (index, value) in array.elements.enumerated() { try field.check(value, path: "\(path)[\(index)]") }
    }

    /// The error for a value that is not what it must be.
    func refusal(path: String) -> RPCError {
        let hint = refusalHint.map { "; \($0)" } ?? ""
        return .invalidParams("\(path) must be \(type.requirement)\(hint)", field: path)
    }

    /// The error for a field that is not there.
    func absence(path: String) -> RPCError {
        .invalidParams("\(path) is missing", field: path)
    }
}

extension ValueType {
    /// Whether a value is of this type; the members of objects and the elements of arrays have their own checks.
    func accepts(_ value: JSONView) -> Bool {
        switch self {
        case .text(let rule): value.withText { rule.accepts($0) } ?? false
        case .integer(let range): value.integer.map(range.contains) ?? false
        case .number: value.kind == .number
        case .boolean: value.kind == .boolean
        case .instant: value.timestamp != nil
        case .choice(let names): value.withText { text in names.contains { $0.utf8.elementsEqual(text) } } ?? false
        case .object, .map, .anyObject: value.kind == .object
        case .array(_, let count): value.kind == .array && count.contains(value.count)
        case .null: value.isNull
        case .nullable(let type): value.isNull || type.accepts(value)
        case .oneOf(let types): types.contains { $0.accepts(value) }
        case .anyArray: value.kind == .array
        case .any: true
        }
    }
}

/// The members of one object, each checked against its field. Valid only as long as the request's views are.
struct FieldValues {
    let fields: [Field]
    /// In the order of `fields`; nil where the request leaves one out.
    private(set) var values: [JSONView?]

    /// Goes through the members as they were written, then looks for what is missing: the first fault is the one that
    /// is reported. `prefix` is the path of the object with its dot; empty for the parameters themselves.
    init(_ object: JSONView?, of fields: [Field], prefix: String = "") throws(RPCError) {
        self.fields = fields
        values = Array(repeating: nil, count: fields.count)
        if let object {
            for (name, value) in object.members {
                guard let index = fields.firstIndex(where: { name.equals($0.name) }) else {
                    throw UnknownField.refusal(of: name, known: fields, prefix: prefix)
                }
                try fields[index].check(value, path: "\(prefix)\(fields[index].name)")
                values[index] = value
            }
        }
        for (field, value) in zip(fields, values) where field.isRequired && value == nil {
            throw field.absence(path: "\(prefix)\(field.name)")
        }
    }
}

extension MethodDefinition.Rule {
    /// Throws -32602 when the given parameters do not keep the rule.
    func check(_ given: (StaticString) -> Bool) throws(RPCError) {
        switch self {
        case .atLeastOne(let names):
            guard !names.contains(where: given) else { return }
            throw .invalidParams("\(Self.list(names, "or")) is missing", field: names.first?.description)
        case .exactlyOne(let groups):
            try Self.checkExactlyOne(groups, given)
        }
    }

    private static func checkExactlyOne(_ groups: [[StaticString]], _ given: (StaticString) -> Bool) throws(RPCError) {
        let begun = groups.filter { $0.contains(where: given) }
        let forms = groups.map { list($0, "and") }.joined(separator: "; ")
        guard let group = begun.first else {
            throw .invalidParams("one of these must be given: \(forms)", field: groups.first?.first?.description)
        }
        guard begun.count == 1 else {
            throw .invalidParams(
                "only one of these may be given: \(forms)",
                field: begun[1].first(where: given)?.description
            )
        }
        if let missing = group.first(where: { !given($0) }) {
            throw .invalidParams("\(missing) is missing", field: missing.description)
        }
    }

    private static func list(_ names: [StaticString], _ conjunction: String) -> String {
        names.map(\.description).joined(separator: " \(conjunction) ")
    }
}
