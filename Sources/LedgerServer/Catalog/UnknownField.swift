import LineJSON
import LineProtocol

/// The refusal of a parameter that the method does not have.
enum UnknownField {
    /// -32602 that names the known parameters, and the nearest of them where one is near.
    static func refusal(of name: JSONView, known fields: [Field], prefix: String) -> RPCError {
        let unknown = name.string() ?? ""
        let known = fields.map(\.name.description)
        let suggestion = NearestName.of(unknown, among: known).map { "; did you mean \($0)?" } ?? ""
        let list = known.isEmpty ? "there are none" : "known are \(known.joined(separator: ", "))"
        return .invalidParams("unknown parameter \(prefix)\(unknown)\(suggestion) (\(list))", field: prefix + unknown)
    }
}

/// Finds what a misspelt name was probably meant to be.
enum NearestName {
    /// Names are compared only up to this length, in bytes: bounds the work for hostile input.
    private static let lengthMax = 64

    /// The name with the fewest edits (insert, delete, replace) between it and `word`, when there are few enough.
    static func of(_ word: String, among names: [String]) -> String? {
        guard !word.isEmpty, word.utf8.count <= lengthMax else { return nil }
        let editsMax = max(1, word.utf8.count / 3)
        let ranked = names.map { (name: $0, edits: edits(Array(word.utf8), Array($0.utf8))) }
        guard let best = ranked.min(by: { $0.edits < $1.edits }), best.edits <= editsMax else { return nil }
        return best.name
    }

    /// Levenshtein's distance, one row at a time.
    private static func edits(_ from: [UInt8], _ to: [UInt8]) -> Int {
        var row = Array(0...to.count)
        for (index, byte) in from.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in 0..<to.count {
                let replaced = diagonal + (byte == to[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[to.count]
    }
}
