/// The response header that Salesforce's REST API sends with every answer (R4).
///
///     Sforce-Limit-Info: api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)
extension APIUsage {
    /// Digits of the largest number that is read.
    private static let digitsMax = 18

    /// Reads the header's value, with or without its name before it. Keys other than `api-usage` are ignored.
    ///
    /// Throws `.missing` without `api-usage`, `.malformed` when that is not two whole numbers around a slash.
    package init(sforceLimitInfo text: some StringProtocol) throws(APIUsageError) {
        let key = "api-usage"
        for part in APIUsage.withoutHeaderName(text).split(separator: ";") {
            let (name, value) = APIUsage.pair(part, around: "=")
            guard name.elementsEqual(key.unicodeScalars) else { continue }
            guard let value, let usage = APIUsage(ratio: value) else {
                throw .malformed(key, text: String(Substring(APIUsage.trimmed(part))))
            }
            self = usage
            return
        }
        throw .missing(key)
    }

    /// Scalars, not characters: a mark that combines with a separator must not hide it, and nothing that Unicode takes
    /// for the same as a separator is one.
    private typealias Text = Substring.UnicodeScalarView

    private init?(ratio: Text) {
        let (usedText, allowanceText) = APIUsage.pair(ratio, around: "/")
        guard let used = APIUsage.wholeNumber(usedText), let allowance = APIUsage.wholeNumber(allowanceText) else {
            return nil
        }
        self.init(used: used, allowance: allowance)
    }

    private static func withoutHeaderName(_ text: some StringProtocol) -> Text {
        let whole = Substring(text).unicodeScalars
        let (name, value) = pair(whole, around: ":")
        guard let value, Substring(name).lowercased() == "sforce-limit-info" else { return whole }
        return value
    }

    /// What stands before and behind the first `separator`, without blanks around.
    private static func pair(_ text: Text, around separator: Unicode.Scalar) -> (Text, Text?) {
        guard let index = text.firstIndex(of: separator) else { return (trimmed(text), nil) }
        return (trimmed(text[..<index]), trimmed(text[text.index(after: index)...]))
    }

    private static func trimmed(_ text: Text) -> Text {
        let fromFirst = text.drop(while: \.properties.isWhitespace)
        guard let last = fromFirst.lastIndex(where: { !$0.properties.isWhitespace }) else { return fromFirst }
        return fromFirst[...last]
    }

    private static func wholeNumber(_ text: Text?) -> Int64? {
        guard let text, (1...digitsMax).contains(text.count) else { return nil }
        guard text.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        return Int64(Substring(text))
    }
}
