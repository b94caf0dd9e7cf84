import LineJSON
import TestSupport

extension FuzzTarget {
    /// The reader says what Foundation's says, numbers are exact, and what is written is read as the same.
    static let json = FuzzTarget(name: "json") { input in
        var tape = JSONTape()
        if let difference = FoundationComparison.difference(on: Array(input), with: &tape) {
            throw BrokenPromise(difference)
        }
        let written: (node: JSONNode, bytes: [UInt8])? = try tape.withResult(of: input) { result throws in
            switch result {
            case .success(let view):
                try checkContent(of: view)
                return (JSONNode(view), rewritten(view))
            case .failure(let error):
                try checkPlace(of: error, in: input)
                return nil
            }
        }
        guard let written else { return }
        try tape.withParsed(written.bytes) { view in
            try requireEqual(JSONNode(view), written.node, "what was written is the same value")
            try requireEqual(rewritten(view), written.bytes, "and is written in the same way again")
        }
    }

    private static func checkPlace(of error: JSONError, in input: UnsafeRawBufferPointer) throws(BrokenPromise) {
        try require((0...input.count).contains(error.offset), "offset \(error.offset) of \(input.count) bytes")
        try requireEqual(error.reason == .unexpectedEnd, error.offset == input.count, "\(error)")
        // Without escapes, a name that is there twice stands there twice.
        guard error.reason == .duplicateKey, !input.contains(UInt8(ascii: "\\")) else { return }
        let name = Array(input[(error.offset + 1)...].prefix { $0 != UInt8(ascii: "\"") })
        let quoted = [UInt8(ascii: "\"")] + name + [UInt8(ascii: "\"")]
        let places = (0..<input.count).filter { input[$0...].starts(with: quoted) }
        try require(places.count > 1, "\(error), but \(String(decoding: name, as: UTF8.self)) is there once")
    }

    /// The whole text without whitespace, by the writer.
    private static func rewritten(_ view: JSONView) -> [UInt8] {
        var writer = JSONWriter()
        rewrite(view, to: &writer)
        return writer.bytes
    }

    private static func rewrite(_ view: JSONView, to writer: inout JSONWriter) {
        switch view.kind {
        case .null: writer.null()
        case .boolean: writer.value(view.bool ?? false)
        case .number: writer.value(raw: view.rawBytes)
        case .string: view.withText { text in writer.value(text: text) }
        case .array: writer.array { array in view.elements.forEach { rewrite($0, to: &array) } }
        case .object:
            writer.object { object in
                for (key, value) in view.members {
                    object.key(key.string() ?? "")
                    rewrite(value, to: &object)
                }
            }
        }
    }

    private static func checkContent(of view: JSONView) throws(BrokenPromise) {
        switch view.kind {
        case .number:
            let text = String(decoding: view.rawBytes, as: UTF8.self)
            try requireEqual(view.integer, NaiveInteger.value(of: text), "the integer \(text)")
        case .array:
            for element in view.elements { try checkContent(of: element) }
        case .object:
            let names = view.members.map { ($0.key.string() ?? "").unicodeScalars.map(\.value) }
            try requireEqual(Set(names).count, view.count, "the names of \(names.count) members")
            for (_, value) in view.members { try checkContent(of: value) }
        case .null, .boolean, .string: break
        }
    }
}

/// A number's integer, by moving the point through its digits.
enum NaiveInteger {
    /// Nil when the JSON number `text` is no integer within `Int64`.
    static func value(of text: String) -> Int64? {
        let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
        let isNegative = parts[0].hasPrefix("-")
        let halves = parts[0].drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = halves.count > 1 ? halves[1] : ""
        var digits = Array(String(halves[0] + fraction).drop { $0 == "0" })
        if digits.isEmpty { return 0 }
        var places = exponent(of: parts.count > 1 ? String(parts[1]) : "0") - fraction.count
        while places < 0, digits.last == "0" {
            digits.removeLast()
            places += 1
        }
        guard places >= 0, digits.count + places <= 19 else { return nil }
        return Int64((isNegative ? "-" : "") + String(digits) + String(repeating: "0", count: places))
    }

    /// A billion stands for all beyond it: it moves the point further than any digits of an input reach.
    private static func exponent(of text: String) -> Int {
        let furthest = 1_000_000_000
        guard let exponent = Int(text) else { return text.hasPrefix("-") ? -furthest : furthest }
        return min(max(exponent, -furthest), furthest)
    }
}
