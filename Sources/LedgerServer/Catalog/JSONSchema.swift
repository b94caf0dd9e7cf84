import LineJSON

/// Writes the catalog's types as JSON Schema (2020-12).
struct JSONSchema {
    /// Whether members that are not listed are refused.
    let isClosed: Bool

    /// Of what clients send: the server refuses what it does not know.
    static let ofRequests = JSONSchema(isClosed: true)
    /// Of what the server sends: later versions may send more, and clients pass over what they do not know.
    static let ofAnswers = JSONSchema(isClosed: false)

    /// Writes the schema of a type; `summary` becomes its description.
    func write(
        _ type: ValueType,
        summary: String? = nil,
        fallback: Field.Fallback? = nil,
        to writer: inout JSONWriter
    ) {
        writer.object { schema in
            if let summary { schema.member("description", summary) }
            writeKeywords(of: type, to: &schema)
            if let fallback { schema.member("default", fallback) }
        }
    }

    /// Writes the keywords that describe an object with these fields.
    func writeKeywords(ofObjectWith fields: [Field], to schema: inout JSONWriter) {
        schema.member("type", "object" as StaticString)
        schema.object("properties") { properties in
            for field in fields {
                properties.key(field.name)
                write(field.type, summary: field.summary, fallback: field.fallback, to: &properties)
            }
        }
        schema.member("required", fields.filter(\.isRequired).map(\.name))
        if isClosed { schema.member("additionalProperties", false) }
    }
}

extension JSONSchema {
    private func writeKeywords(of type: ValueType, to schema: inout JSONWriter) {
        switch type {
        case .text(let rule): writeKeywords(of: rule, to: &schema)
        case .integer(let range): writeKeywords(of: range, to: &schema)
        case .number: schema.member("type", "number" as StaticString)
        case .boolean: schema.member("type", "boolean" as StaticString)
        case .instant:
            schema.member("type", "string" as StaticString)
            schema.member("format", "date-time" as StaticString)
        case .choice(let names):
            schema.member("type", "string" as StaticString)
            schema.member("enum", names)
        case .object(let fields): writeKeywords(ofObjectWith: fields, to: &schema)
        case .array(let element, let count): writeKeywords(ofArrayOf: element, count, to: &schema)
        case .map(let element):
            schema.member("type", "object" as StaticString)
            schema.key("additionalProperties")
            write(element, to: &schema)
        case .null: schema.member("type", "null" as StaticString)
        case .nullable(let type): writeAlternatives([type, .null], to: &schema)
        case .oneOf(let types): writeAlternatives(types, to: &schema)
        case .anyObject: schema.member("type", "object" as StaticString)
        case .anyArray: schema.member("type", "array" as StaticString)
        case .any: break
        }
    }

    /// JSON Schema counts characters, which are never more than the bytes that count here.
    private func writeKeywords(of rule: TextRule, to schema: inout JSONWriter) {
        schema.member("type", "string" as StaticString)
        guard rule != .free else { return }
        let isASCII = rule.alphabet == .name
        if rule.bytes.lowerBound > 0 { schema.member("minLength", isASCII ? rule.bytes.lowerBound : 1) }
        schema.member("maxLength", rule.bytes.upperBound)
        if !isASCII { schema.member("x-max-bytes", rule.bytes.upperBound) }
        if let pattern = rule.pattern { schema.member("pattern", pattern) }
    }

    private func writeKeywords(of range: ClosedRange<Int64>, to schema: inout JSONWriter) {
        schema.member("type", "integer" as StaticString)
        if range.lowerBound > .min { schema.member("minimum", range.lowerBound) }
        if range.upperBound < .max { schema.member("maximum", range.upperBound) }
    }

    private func writeKeywords(ofArrayOf element: ValueType, _ count: ClosedRange<Int>, to schema: inout JSONWriter) {
        schema.member("type", "array" as StaticString)
        if count.lowerBound > 0 { schema.member("minItems", count.lowerBound) }
        if count.upperBound < .max { schema.member("maxItems", count.upperBound) }
        schema.key("items")
        write(element, to: &schema)
    }

    private func writeAlternatives(_ types: [ValueType], to schema: inout JSONWriter) {
        schema.array("anyOf") { alternatives in
            for type in types { write(type, to: &alternatives) }
        }
    }
}
