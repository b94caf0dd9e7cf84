import Foundation

/// A small validator for the keywords of JSON Schema that the catalog writes, over values as Foundation reads them. An
/// independent witness: it knows nothing of the catalog.
struct SchemaValidator {
    /// What is wrong, with the path of the value; empty when it is valid.
    static func faults(of value: Any, against schema: Any, path: String = "$") -> [String] {
        guard let schema = schema as? [String: Any] else { return ["\(path): the schema is no object"] }
        let known: Set = [
            "$schema", "$id", "title", "description", "default", "format", "x-max-bytes", "type", "enum", "minimum",
            "maximum", "minLength", "maxLength", "pattern", "items", "minItems", "maxItems", "properties", "required",
            "additionalProperties", "anyOf",
        ]
        let unknown = schema.keys.filter { !known.contains($0) }.map { "\(path): unknown keyword \($0)" }
        return unknown + typeFaults(value, schema, path) + scalarFaults(value, schema, path)
            + objectFaults(value, schema, path) + arrayFaults(value, schema, path) + anyOfFaults(value, schema, path)
    }

    private static func typeFaults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        guard let type = schema["type"] as? String else { return [] }
        let matches =
            switch type {
            case "string": value is String
            case "boolean": isBoolean(value)
            case "integer":
                !isBoolean(value) && (value as? NSNumber).map { $0.doubleValue.rounded() == $0.doubleValue } ?? false
            case "number": !isBoolean(value) && value is NSNumber
            case "null": value is NSNull
            case "object": value is [String: Any]
            case "array": value is [Any]
            default: false
            }
        return matches ? [] : ["\(path): is no \(type)"]
    }

    private static func isBoolean(_ value: Any) -> Bool {
        // Foundation reads JSON's booleans as numbers of C's type char, and no others so.
        (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
    }

    private static func scalarFaults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        var faults: [String] = []
        if let names = schema["enum"] as? [String], !names.contains(value as? String ?? "\u{0}") {
            faults.append("\(path): is none of \(names)")
        }
        if let number = value as? NSNumber, !isBoolean(value) {
            if let least = schema["minimum"] as? NSNumber, number.int64Value < least.int64Value {
                faults.append("\(path): less than \(least)")
            }
            if let most = schema["maximum"] as? NSNumber, number.int64Value > most.int64Value {
                faults.append("\(path): more than \(most)")
            }
        }
        guard let text = value as? String else { return faults }
        if let least = schema["minLength"] as? Int, text.count < least { faults.append("\(path): too short") }
        if let most = schema["maxLength"] as? Int, text.count > most { faults.append("\(path): too long") }
        if let pattern = schema["pattern"] as? String,
            text.range(of: pattern, options: .regularExpression) == nil
        {
            faults.append("\(path): does not match \(pattern)")
        }
        return faults
    }

    private static func objectFaults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        guard let object = value as? [String: Any] else { return [] }
        let properties = schema["properties"] as? [String: Any] ?? [:]
        var faults = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map {
            "\(path).\($0): is missing"
        }
        for (name, member) in object {
            if let property = properties[name] {
                faults += SchemaValidator.faults(of: member, against: property, path: "\(path).\(name)")
            } else if let others = schema["additionalProperties"] as? [String: Any] {
                faults += SchemaValidator.faults(of: member, against: others, path: "\(path).\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                faults.append("\(path).\(name): is unknown")
            }
        }
        return faults
    }

    private static func arrayFaults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        guard let array = value as? [Any] else { return [] }
        var faults: [String] = []
        if let least = schema["minItems"] as? Int, array.count < least { faults.append("\(path): too few") }
        if let most = schema["maxItems"] as? Int, array.count > most { faults.append("\(path): too many") }
        guard let items = schema["items"] else { return faults }
        for (index, element) in array.enumerated() {
            faults += SchemaValidator.faults(of: element, against: items, path: "\(path)[\(index)]")
        }
        return faults
    }

    private static func anyOfFaults(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
        guard let alternatives = schema["anyOf"] as? [Any] else { return [] }
        let outcomes = alternatives.map { faults(of: value, against: $0, path: path) }
        guard !outcomes.contains(where: \.isEmpty) else { return [] }
        return ["\(path): matches none of \(alternatives.count): \(outcomes.joined().joined(separator: "; "))"]
    }
}

/// JSON text as Foundation reads it.
func foundationJSON(_ text: some Collection<UInt8>) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text), options: [.fragmentsAllowed])
}
