import EventSourcing
import LedgerService
import LineJSON
import LineProtocol

/// The parameters of one request, checked against the method's definition. Valid only as long as the request's views
/// are.
///
/// Handlers ask by name. Asking for a parameter that the definition does not have, or with another type, is a fault in
/// this program and stops it.
struct Arguments {
    let definition: MethodDefinition
    private let values: FieldValues

    init(_ params: JSONView?, of definition: MethodDefinition) throws(RPCError) {
        self.definition = definition
        let values = try FieldValues(params, of: definition.params)
        self.values = values
        for rule in definition.rules {
            try rule.check { name in values.value(name) != nil }
        }
    }

    /// The value as it was sent; nil when it was left out.
    func view(_ name: StaticString) -> JSONView? {
        guard let index = values.index(name) else { undeclared(name) }
        return values.values[index]
    }

    /// Whether the method has this parameter at all.
    func declares(_ name: StaticString) -> Bool { values.index(name) != nil }

    private func fallback(_ name: StaticString) -> Field.Fallback? {
        values.index(name).flatMap { values.fields[$0].fallback }
    }

    private func undeclared(_ name: StaticString) -> Never {
        preconditionFailure("\(definition.name) has no parameter \(name) of this type")
    }
}

/// By type; nil for an optional parameter that was left out.
extension Arguments {
    func optionalText(_ name: StaticString) -> String? { view(name)?.string() }
    func optionalInteger(_ name: StaticString) -> Int64? { view(name)?.integer ?? fallbackInteger(name) }
    func optionalInstant(_ name: StaticString) -> Timestamp? { view(name)?.timestamp }
    func optionalPosition(_ name: StaticString) -> LogPosition? { view(name)?.integer.map { LogPosition($0) } }

    func optionalChoice<Choice: RawRepresentable<String>>(_ name: StaticString, _: Choice.Type) -> Choice? {
        optionalText(name).flatMap(Choice.init(rawValue:))
    }

    private func fallbackInteger(_ name: StaticString) -> Int64? {
        guard case .integer(let integer) = fallback(name) else { return nil }
        return integer
    }
}

/// By type, for parameters that are required or have a default.
extension Arguments {
    func text(_ name: StaticString) -> String { present(optionalText(name), name) }
    func integer(_ name: StaticString) -> Int64 { present(optionalInteger(name), name) }
    func instant(_ name: StaticString) -> Timestamp { present(optionalInstant(name), name) }

    func boolean(_ name: StaticString) -> Bool {
        if let value = view(name)?.bool { return value }
        guard case .boolean(let value) = fallback(name) else { undeclared(name) }
        return value
    }

    private func present<Value>(_ value: Value?, _ name: StaticString) -> Value {
        guard let value else { undeclared(name) }
        return value
    }

    func choice<Choice: RawRepresentable<String>>(_ name: StaticString, _ type: Choice.Type) -> Choice {
        if let choice = optionalChoice(name, type) { return choice }
        guard case .text(let text) = fallback(name), let choice = Choice(rawValue: text) else { undeclared(name) }
        return choice
    }
}

extension FieldValues {
    func index(_ name: StaticString) -> Int? { fields.firstIndex { $0.name.hasSameText(as: name) } }

    func value(_ name: StaticString) -> JSONView? { index(name).flatMap { values[$0] } }
}

extension StaticString {
    func hasSameText(as other: StaticString) -> Bool {
        withUTF8Buffer { bytes in other.withUTF8Buffer { bytes.elementsEqual($0) } }
    }
}
