import Foundation
import LineJSON
import LineProtocol

@testable import LedgerServer

/// What validating a JSON text against a definition says: nil when it is accepted.
func refusal(of params: String, by definition: MethodDefinition) throws -> RPCError? {
    var tape = JSONTape()
    return try tape.withParsed(Array(params.utf8)) { view in
        do throws(RPCError) {
            _ = try Arguments(view, of: definition)
            return nil
        } catch {
            return error
        }
    }
}

/// The same by the parser of calls.
func refusal(of params: String, byCallParserAs form: CallForm) throws -> RPCError? {
    var tape = JSONTape()
    return try tape.withParsed(Array(params.utf8)) { view in
        var burst = BurstBuilder()
        do throws(RPCError) {
            _ = try CallParser.parse(view, as: form, into: &burst)
            return nil
        } catch {
            return error
        }
    }
}

func definition(_ name: String) -> MethodDefinition {
    guard let method = MethodCatalog.methods.first(where: { $0.definition.name.description == name }) else {
        preconditionFailure("there is no method \(name)")
    }
    return method.definition
}

/// Closed: a member that the catalog does not know is a fault.
func schema(of type: ValueType) throws -> Any {
    var writer = JSONWriter()
    JSONSchema(isClosed: true).write(type, to: &writer)
    return try foundationJSON(writer.bytes)
}

/// Values of a type, as JSON texts: those that it takes and those that it does not.
extension ValueType {
    var validSamples: [String] {
        switch self {
        case .text(let rule): rule.validSamples
        case .integer(let range):
            ["\(range.lowerBound)", "\(range.upperBound)"] + (range.contains(100) ? ["1e2"] : [])
        case .number: ["1", "0.5"]
        case .boolean: ["true", "false"]
        case .instant: ["\"2026-11-21T17:54:01.123Z\"", "\"2026-11-21T18:54:01+01:00\""]
        case .choice(let names): names.map { "\"\($0)\"" }
        case .object(let fields): [ValueType.sample(of: fields)]
        case .array(let element, let count):
            // What other samples hold of it is the first: a short one, whose elements have all that they may have.
            [ValueType.list(of: element.validSamples[0], count: max(1, count.lowerBound))]
                + ValueType.ends(of: count).map { ValueType.list(of: element.shortSample, count: $0) }
        case .map(let element): ["{\"x\":\(element.validSamples[0])}"]
        case .null: ["null"]
        case .nullable(let type): type.validSamples + ["null"]
        case .oneOf(let types): types.flatMap(\.validSamples)
        case .anyObject: ["{}", "{\"x\":[1]}"]
        case .anyArray: ["[]", "[{}]"]
        case .any: ["null", "1"]
        }
    }

    /// Of other kinds, and outside of the bounds.
    var invalidSamples: [String] {
        let kinds = ["null", "true", "7", "\"\\u0007\"", "[]", "{}", "0.5"]
        let outside: [String] =
            switch self {
            case .text(let rule): rule.invalidSamples
            case .integer(let range):
                (range.lowerBound > .min ? ["\(range.lowerBound - 1)"] : [])
                    + (range.upperBound < .max ? ["\(range.upperBound + 1)"] : []) + ["99999999999999999999"]
            case .instant: ["\"2026-02-30T00:00:00Z\"", "\"2026-11-21\"", "\"yesterday\""]
            case .choice: ["\"\"", "\"INBOX\"", "\"account\""]
            case .array(let element, let count):
                ValueType.neighbours(of: count).map { ValueType.list(of: element.shortSample, count: $0) }
            default: []
            }
        return (kinds + outside).filter { !accepts(json: $0) }
    }

    /// An object with a valid value for every field.
    static func sample(of fields: [Field], without left: String? = nil) -> String {
        "{"
            + fields.filter { $0.name.description != left }
            .map { "\"\($0.name)\":\($0.type.validSamples[0])" }.joined(separator: ",") + "}"
    }

    /// A value with no more than it must have: lists hold up to 10,000.
    var shortSample: String {
        guard case .object(let fields) = self else { return validSamples[0] }
        return ValueType.sample(of: fields.filter(\.isRequired))
    }

    static func list(of element: String, count: Int) -> String {
        "[" + Array(repeating: element, count: count).joined(separator: ",") + "]"
    }

    /// The least and the most that a list may have.
    private static func ends(of count: ClosedRange<Int>) -> [Int] {
        [count.lowerBound] + (count.upperBound < .max ? [count.upperBound] : [])
    }

    /// One less than the least, and one more than the most.
    private static func neighbours(of count: ClosedRange<Int>) -> [Int] {
        (count.lowerBound > 0 ? [count.lowerBound - 1] : [])
            + (count.upperBound < .max ? [count.upperBound + 1] : [])
    }

    private func accepts(json: String) -> Bool {
        var tape = JSONTape()
        return (try? tape.withParsed(Array(json.utf8)) { accepts($0) }) ?? false
    }
}

extension TextRule {
    fileprivate var validSamples: [String] {
        switch alphabet {
        case .name, .hexadecimal, .any:
            ["\"" + String(repeating: "a", count: min(max(bytes.lowerBound, 1), 512)) + "\""]
                + (bytes.upperBound < 100_000 ? ["\"" + String(repeating: "b", count: bytes.upperBound) + "\""] : [])
        case .printable: ["\"Übung \\u00e9\"", "\"" + String(repeating: "c", count: bytes.upperBound) + "\""]
        case .email: ["\"ada@example.com\""]
        }
    }

    fileprivate var invalidSamples: [String] {
        let tooLong =
            bytes.upperBound < 100_000 ? ["\"" + String(repeating: "a", count: bytes.upperBound + 1) + "\""] : []
        switch alphabet {
        case .name: return tooLong + ["\"\"", "\"a b\"", "\"a/b\"", "\"é\""]
        case .hexadecimal:
            let rest = String(repeating: "0", count: max(0, bytes.lowerBound - 1))
            return tooLong + ["", "A", "g", " "].map { "\"\($0)\(rest)\"" }
        case .printable: return tooLong + ["\"\"", "\"a\\nb\"", "\"\\u007f\"", "\"\\u0085\""]
        case .email: return tooLong + ["\"ada\"", "\"@b\"", "\"a@\"", "\"a@b@c\"", "\"a b@c\""]
        case .any: return bytes.lowerBound > 0 ? tooLong + ["\"\""] : tooLong
        }
    }
}
