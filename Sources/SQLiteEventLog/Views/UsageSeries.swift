/// What calls are told apart by besides the hour.
package struct UsageSeries: Hashable, Sendable {
    package var org: String
    /// Empty when the calls came from no workspace.
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

    package init(
        org: String,
        workspace: String,
        integration: String,
        purpose: String,
        verb: String,
        resource: String,
        status: Int
    ) {
        self.org = org
        self.workspace = workspace
        self.integration = integration
        self.purpose = purpose
        self.verb = verb
        self.resource = resource
        self.status = status
    }
}
