import Foundation
package import LineJSON

/// A whole JSON value out of either parser, for comparing the two.
package enum JSONNode: Equatable {
    case null
    case boolean(Bool)
    case number(NearlyEqualDouble)
    /// As scalars: Swift's own `==` of strings takes canonically equivalent texts for equal.
    case string([Unicode.Scalar])
    case array([JSONNode])
    case object([[Unicode.Scalar]: JSONNode])

    package init(_ view: JSONView) {
        switch view.kind {
        case .null: self = .null
        case .boolean: self = .boolean(view.bool == true)
        case .number: self = .number(NearlyEqualDouble(value: view.double ?? .infinity))
        case .string: self = .string(JSONNode.scalars(view))
        case .array: self = .array(view.elements.map(JSONNode.init))
        case .object:
            let members = view.members.map { (JSONNode.scalars($0.key), JSONNode($0.value)) }
            self = .object(Dictionary(members) { first, _ in first })
        }
    }

    package init(foundation value: Any) {
        switch value {
        case let text as String: self = .string(Array(text.unicodeScalars))
        case let array as [Any]: self = .array(array.map(JSONNode.init(foundation:)))
        case let object as [String: Any]:
            let members = object.map { (Array($0.key.unicodeScalars), JSONNode(foundation: $0.value)) }
            self = .object(Dictionary(members) { first, _ in first })
        case let number as NSNumber:
            self =
                JSONNode.isBoolean(number)
                ? .boolean(number.boolValue) : .number(NearlyEqualDouble(value: number.doubleValue))
        default: self = .null
        }
    }

    private static func scalars(_ view: JSONView) -> [Unicode.Scalar] {
        Array((view.string() ?? "").unicodeScalars)
    }

    /// Foundation makes booleans from C's `char`, and numbers never.
    private static func isBoolean(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c"
    }
}

/// Foundation does not always round to the nearest `Double`: the last digit or two are not compared. That ours does is
/// tested on its own.
package struct NearlyEqualDouble: Equatable {
    package var value: Double

    package static func == (left: NearlyEqualDouble, right: NearlyEqualDouble) -> Bool {
        left.value == right.value || abs(left.value - right.value) <= 1e-14 * abs(left.value)
    }
}
