import LineJSON

/// JSON Schema (2020-12) of the catalog's types.
extension JSONWriter {
    /// Writes the schema of a type; `summary` becomes its description.
    mutating func schema(_ type: ValueType, summary: String? = nil, fallback: Field.Fallback? = nil) {
        object { schema in
            if let summary { schema.member("description", summary) }
            schema.schemaMembers(type)
            if let fallback { schema.member("default", fallback) }
        }
    }

    private mutating func schemaMembers(_ type: ValueType) {
        switch type {
        case .text(let rule): textMembers(rule)
        case .integer(let range): integerMembers(range)
        case .number: member("type", "number" as StaticString)
        case .boolean: member("type", "boolean" as StaticString)
        case .instant:
            member("type", "string" as StaticString)
            member("format", "date-time" as StaticString)
        case .choice(let names):
            member("type", "string" as StaticString)
            member("enum", names)
        case .object(let fields): objectMembers(fields)
        case .array(let element, let count): arrayMembers(element, count)
        case .map(let element):
            member("type", "object" as StaticString)
            key("additionalProperties")
            schema(element)
        case .nullable(let type): alternatives([type], orNull: true)
        case .oneOf(let types): alternatives(types, orNull: false)
        case .anyObject: member("type", "object" as StaticString)
        case .anyArray: member("type", "array" as StaticString)
        case .any: break
        }
    }

    private mutating func textMembers(_ rule: TextRule) {
        member("type", "string" as StaticString)
        guard rule != .free else { return }
        // JSON Schema counts characters, which are never more than the bytes that count here.
        if rule.bytes.lowerBound > 0 { member("minLength", rule.alphabet == .name ? rule.bytes.lowerBound : 1) }
        member("maxLength", rule.bytes.upperBound)
        if rule.alphabet != .name { member("x-max-bytes", rule.bytes.upperBound) }
        if let pattern = rule.pattern { member("pattern", pattern) }
    }

    private mutating func integerMembers(_ range: ClosedRange<Int64>) {
        member("type", "integer" as StaticString)
        if range.lowerBound > .min { member("minimum", range.lowerBound) }
        if range.upperBound < .max { member("maximum", range.upperBound) }
    }

    private mutating func arrayMembers(_ element: ValueType, _ count: ClosedRange<Int>) {
        member("type", "array" as StaticString)
        if count.lowerBound > 0 { member("minItems", count.lowerBound) }
        if count.upperBound < .max { member("maxItems", count.upperBound) }
        key("items")
        schema(element)
    }

    private mutating func alternatives(_ types: [ValueType], orNull: Bool) {
        array("anyOf") { array in
            for type in types { array.schema(type) }
            if orNull { array.object { $0.member("type", "null" as StaticString) } }
        }
    }

    /// The members that make a schema that of an object with these fields and no others.
    mutating func objectMembers(_ fields: [Field]) {
        member("type", "object" as StaticString)
        object("properties") { properties in
            for field in fields {
                properties.key(field.name)
                properties.schema(field.type, summary: field.summary, fallback: field.fallback)
            }
        }
        member("required", fields.filter(\.isRequired).map(\.name))
        member("additionalProperties", false)
    }
}
