package import LineJSON

/// The body of Salesforce's `/limits` resource (R4). The allowance's member also holds one object for each app, beside
/// `Max` and `Remaining`:
///
///     {"DailyApiRequests":{"Max":15000,"Remaining":14998,"Ant Migration Tool":{"Max":0,"Remaining":0}},"…":{"…":0}}
extension APIUsage {
    /// Reads the body: what was used is `Max` less `Remaining`, which is negative above 100 %.
    ///
    /// Throws `.missing` or `.malformed` with the path of the member, such as `DailyApiRequests.Max`.
    package init(limits body: JSONView) throws(APIUsageError) {
        guard let requests = body["DailyApiRequests"] else { throw .missing("DailyApiRequests") }
        let allowance = try APIUsage.integer(requests["Max"], path: "DailyApiRequests.Max")
        let remaining = try APIUsage.integer(requests["Remaining"], path: "DailyApiRequests.Remaining")
        let (used, overflow) = allowance.subtractingReportingOverflow(remaining)
        guard allowance >= 0 else { throw .malformed("DailyApiRequests.Max", text: "\(allowance)") }
        guard !overflow, used >= 0 else { throw .malformed("DailyApiRequests.Remaining", text: "\(remaining)") }
        self.init(used: used, allowance: allowance)
    }

    private static func integer(_ member: JSONView?, path: String) throws(APIUsageError) -> Int64 {
        guard let member else { throw .missing(path) }
        guard let integer = member.integer else {
            throw .malformed(path, text: String(decoding: member.rawBytes, as: UTF8.self))
        }
        return integer
    }
}
