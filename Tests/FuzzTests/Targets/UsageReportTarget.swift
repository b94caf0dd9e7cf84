import LineJSON
import TestSupport

@testable import Salesforce

extension FuzzTarget {
    /// What Salesforce reports in a header, a `/limits` body or a refusal: what is read is what stands there, to the
    /// digit; what is no such report is refused.
    static let usageReport = FuzzTarget(name: "usage-report") { input in
        guard let text = String(validating: input, as: UTF8.self) else { return }
        try requireEqual(
            try? APIUsage(sforceLimitInfo: text),
            usage(ofHeader: Array(text.unicodeScalars)),
            "the usage of a header"
        )
        try requireEqual(
            LimitRefusal(text: text) == .allowanceExhausted,
            exhausts(text),
            "whether a refusal says that the allowance is used up"
        )
        var tape = JSONTape()
        try tape.withResult(of: input) { result throws in
            guard case .success(let body) = result else { return }
            try requireEqual(try? APIUsage(limits: body), usage(ofLimits: body), "the usage of a /limits body")
            try requireEqual(LimitRefusal(errorBody: body), LimitRefusal(text: text), "a refusal, as JSON and as text")
        }
    }

    private static func usage(ofHeader text: [Unicode.Scalar]) -> APIUsage? {
        var text = text[...]
        if let colon = text.firstIndex(of: ":") {
            let name = String(String.UnicodeScalarView(trimmed(text[..<colon])))
            if name.lowercased() == "sforce-limit-info" { text = text[(colon + 1)...] }
        }
        for part in text.split(separator: ";") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard trimmed(sides[0]).elementsEqual("api-usage".unicodeScalars) else { continue }
            let numbers = sides.count > 1 ? sides[1].split(separator: "/", omittingEmptySubsequences: false) : []
            guard numbers.count == 2, let used = wholeNumber(numbers[0]), let allowance = wholeNumber(numbers[1]) else {
                return nil
            }
            return APIUsage(used: used, allowance: allowance)
        }
        return nil
    }

    private static func trimmed(_ text: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        var text = text
        while text.first?.properties.isWhitespace == true { text.removeFirst() }
        while text.last?.properties.isWhitespace == true { text.removeLast() }
        return text
    }

    private static func wholeNumber(_ text: ArraySlice<Unicode.Scalar>) -> Int64? {
        let digits = trimmed(text)
        guard digits.count <= 18, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        return Int64(String(String.UnicodeScalarView(digits)))
    }

    private static func usage(ofLimits body: JSONView) -> APIUsage? {
        let requests = body["DailyApiRequests"]
        guard let allowance = exactInteger(requests?["Max"]), let remaining = exactInteger(requests?["Remaining"]),
            allowance >= 0, remaining <= allowance
        else { return nil }
        let (used, overflow) = allowance.subtractingReportingOverflow(remaining)
        return overflow ? nil : APIUsage(used: used, allowance: allowance)
    }

    private static func exactInteger(_ member: JSONView?) -> Int64? {
        guard let member, member.kind == .number else { return nil }
        return NaiveInteger.value(of: String(decoding: member.rawBytes, as: UTF8.self))
    }

    private static func exhausts(_ text: String) -> Bool {
        var tape = JSONTape()
        let parsed = try? tape.withParsed(Array(text.utf8)) { body in
            switch body.kind {
            case .array: body.elements.contains(where: exhausts(error:))
            case .object: exhausts(error: body)
            case .string: exhausts(body.string() ?? "")
            case .null, .boolean, .number: false
            }
        }
        return parsed ?? exhausts(quoted: text)
    }

    private static func exhausts(error: JSONView) -> Bool {
        guard let code = error["errorCode"]?.string(), let message = error["message"]?.string() else { return false }
        return exhausts(quoted: code + ": " + message)
    }

    private static func exhausts(quoted text: String) -> Bool {
        let bytes = Array(text.utf8)
        return ["REQUEST_LIMIT_EXCEEDED", "TotalRequests"].allSatisfy { word in
            bytes.indices.contains { bytes[$0...].starts(with: word.utf8) }
        }
    }
}
