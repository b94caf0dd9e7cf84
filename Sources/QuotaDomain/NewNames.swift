/// The orgs and workspaces that would come to be with the calls of one batch, counted before the first call is recorded:
/// against what is there, each call alone may have room that all of them together do not have.
package struct NewNames {
    private var orgs: Set<String> = []
    /// By org. Those that the state knows and those that would be new are alike here.
    private var workspaces: [String: Set<String>] = [:]

    package init() {}

    /// Counts a caller whose org or workspace is not known, by the place that was found for it. Refused when there are as
    /// many as there may be.
    package mutating func add(_ caller: Caller, at place: CallerPlace, in state: borrowing QuotaState) throws(Rejection)
    {
        if place.org == nil {
            orgs.insert(caller.org)
            guard state.orgs.count + orgs.count <= Policy.orgsMax else {
                throw .full(what: "orgs", max: Policy.orgsMax)
            }
        }
        guard let workspace = caller.workspace else { return }
        workspaces[caller.org, default: []].insert(workspace)
        let known = place.org.map { state.orgs[$0].workspaces.count } ?? 0
        guard known + (workspaces[caller.org]?.count ?? 0) <= Policy.workspacesPerOrgMax else {
            throw .full(what: "workspaces", max: Policy.workspacesPerOrgMax)
        }
    }
}
