/// What Salesforce itself reported of an org's allowance: calls used and calls allowed in the last 24 hours.
package struct APIUsage: Hashable, Sendable {
    /// Calls used; may be above `allowance`.
    package var used: Int64
    /// Calls allowed in 24 hours.
    package var allowance: Int64

    package init(used: Int64, allowance: Int64) {
        self.used = used
        self.allowance = allowance
    }
}

/// Why a report of Salesforce says nothing about the allowance.
package enum APIUsageError: Error, Hashable, Sendable {
    /// The report lacks the part that is needed: `api-usage`, or a member of the `/limits` body.
    case missing(String)
    /// The part is there, with a text that is not what Salesforce writes.
    case malformed(String, text: String)
}

extension APIUsageError: CustomStringConvertible {
    /// One sentence without a full stop, for people.
    package var description: String {
        switch self {
        case .missing(let part): "there is no \(part)"
        case .malformed(let part, let text): "\(part) is not what Salesforce writes: \(text)"
        }
    }
}
