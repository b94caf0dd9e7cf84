package import LineJSON

/// What the body of a refused call (HTTP 403) says about the allowance (R4).
///
///     [{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]
package enum LimitRefusal: Hashable, Sendable {
    /// The org's calls of the last 24 hours are used up.
    case allowanceExhausted
    /// Too many calls ran at the same time; it says nothing about the allowance.
    case concurrentLimit
    /// The call was refused for another reason.
    case notALimitError

    /// Classifies the body: an array of errors, one error, or a string that holds either, or that quotes the error in
    /// plain text as client libraries do. With several errors, the one that says most about the allowance counts.
    package init(errorBody body: JSONView) {
        switch body.kind {
        case .array: self = LimitRefusal.strongest(body.elements.map(LimitRefusal.init(error:)))
        case .object: self = LimitRefusal(error: body)
        case .string: self = LimitRefusal(text: body.string() ?? "")
        case .null, .boolean, .number: self = .notALimitError
        }
    }

    /// Classifies the body as the text it was received as.
    package init(text: String) {
        var tape = JSONTape()
        let parsed = try? tape.withParsed(Array(text.utf8)) { body in LimitRefusal(errorBody: body) }
        self = parsed ?? LimitRefusal(quoted: text)
    }

    private init(error: JSONView) {
        guard let code = error["errorCode"]?.string(), let message = error["message"]?.string() else {
            self = .notALimitError
            return
        }
        self.init(quoted: "\(code): \(message)")
    }

    /// `REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.`
    private init(quoted text: String) {
        let isLimit = text.contains("REQUEST_LIMIT_EXCEEDED")
        if isLimit, text.contains("TotalRequests") {
            self = .allowanceExhausted
        } else if isLimit, text.contains("ConcurrentRequests") {
            self = .concurrentLimit
        } else {
            self = .notALimitError
        }
    }

    private static func strongest(_ refusals: [LimitRefusal]) -> LimitRefusal {
        if refusals.contains(.allowanceExhausted) { return .allowanceExhausted }
        return refusals.contains(.concurrentLimit) ? .concurrentLimit : .notALimitError
    }
}
