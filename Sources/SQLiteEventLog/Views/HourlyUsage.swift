/// Calls of one hour, rolled up by everything that `usage.history` can group by.
package struct HourlyUsage: Hashable, Sendable {
    package var org: String
    /// Whole hours since 1970-01-01T00:00Z of the instants at which the calls were made.
    package var hour: Int64
    /// Empty when the call came from no workspace.
    package var workspace: String
    /// Empty when none was named.
    package var integration: String
    package var purpose: String
    /// Empty when none was named.
    package var verb: String
    /// Empty when none was named.
    package var resource: String
    /// 0 when none was named.
    package var status: Int
    /// Calls that count against the allowance.
    package var calls: Int
    /// Calls that do not.
    package var uncounted: Int

    package init(
        org: String,
        hour: Int64,
        workspace: String,
        integration: String,
        purpose: String,
        verb: String,
        resource: String,
        status: Int,
        calls: Int,
        uncounted: Int
    ) {
        self.org = org
        self.hour = hour
        self.workspace = workspace
        self.integration = integration
        self.purpose = purpose
        self.verb = verb
        self.resource = resource
        self.status = status
        self.calls = calls
        self.uncounted = uncounted
    }
}
