import EventSourcing
import LineJSON
import LineProtocol
import QuotaDomain
import Salesforce

/// Reads the forms of `org.observe`.
enum OrgObservation {
    /// What is to be recorded; nil when the report says nothing about the allowance. Exactly one form is given.
    static func action(_ arguments: Arguments) throws(RPCError) -> Command.Action? {
        let at = arguments.optionalInstant("at")
        if let used = arguments.optionalInteger("used"), let allowance = arguments.optionalInteger("allowance") {
            return .observe(used: used, allowance: allowance, at: at, source: .reported)
        }
        if let header = arguments.optionalText("sforce_limit_info") {
            let usage = try reading("sforce_limit_info") { () throws(APIUsageError) in
                try APIUsage(sforceLimitInfo: header)
            }
            return .observe(used: usage.used, allowance: usage.allowance, at: at, source: .header)
        }
        if let limits = arguments.view("limits") {
            let usage = try reading("limits") { () throws(APIUsageError) in try APIUsage(limits: limits) }
            return .observe(used: usage.used, allowance: usage.allowance, at: at, source: .limits)
        }
        guard let error = arguments.view("error") else { return nil }
        return try exhaustion(error, at: at)
    }

    private static func exhaustion(_ error: JSONView, at: Timestamp?) throws(RPCError) -> Command.Action? {
        switch LimitRefusal(errorBody: error) {
        case .allowanceExhausted: return .observeExhaustion(at: at)
        case .concurrentLimit: return nil
        case .notALimitError: throw .invalidParams("error is no refusal for the API limit", field: "error")
        }
    }

    private static func reading(
        _ field: String,
        _ read: () throws(APIUsageError) -> APIUsage
    ) throws(RPCError) -> APIUsage {
        let usage: APIUsage
        do throws(APIUsageError) {
            usage = try read()
        } catch {
            throw .invalidParams("\(field): \(error)", field: field)
        }
        guard Bounds.quantity.contains(usage.used), Bounds.quantity.contains(usage.allowance) else {
            throw .invalidParams("\(field): more than \(Bounds.quantity.upperBound) calls", field: field)
        }
        return usage
    }
}
