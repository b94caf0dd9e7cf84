package import EventSourcing

/// Everything the log says about orgs, workspaces and their calls: the pure core of the ledger.
///
/// `decide` and `admit` refuse or accept and change nothing; `evolve` and `record` believe and decide nothing;
/// `reactions` and `transitions` say what follows from usage and from time. None reads a clock.
///
/// A copy is cheap, and what it shares with the original is copied piece by piece as it is written to.
package struct QuotaState: Decider, Sendable {
    package typealias Command = QuotaDomain.Command
    package typealias Event = QuotaEvent
    package typealias Rejection = QuotaDomain.Rejection

    /// What an empty log means.
    package static let initial = QuotaState()

    /// Position of the last event taken in.
    package internal(set) var position = LogPosition.beforeFirst
    /// When that event was appended; the epoch before the first.
    package internal(set) var time = Timestamp(milliseconds: 0)

    var orgs: [OrgState] = []
    var orgIndex: [String: Int] = [:]
    var ids = IdempotencyRegister()

    var deadlines = DeadlineQueue<TimerKey>()
    /// Whose deadline may have come nearer since it was last worked out.
    var disturbed: [TimerKey] = []
    /// Where the last call went: the next one often goes there too.
    private var latest = Place(org: 0, workspace: 0)

    /// An org and one of its workspaces, as indices.
    struct Place {
        var org: Int
        var workspace: Int
    }

    /// A workspace or, without one, an org as the thing that a deadline is for.
    struct TimerKey: Hashable {
        var org: Int
        var workspace: Int?
    }

    init() {}
}

/// Where a caller stands in a state. Orgs and workspaces never go, so what was found once stays right.
package struct CallerPlace: Sendable {
    var org: Int?
    var workspace: Int?
    /// False for a caller without workspace, whose place is known by its org alone.
    let isOfWorkspace: Bool

    fileprivate init(isOfWorkspace: Bool) {
        self.isOfWorkspace = isOfWorkspace
    }

    /// Whether all that the caller names is there.
    package var isKnown: Bool { org != nil && (workspace != nil || !isOfWorkspace) }
}

// MARK: - Finding by name

extension QuotaState {
    func findOrg(_ name: String) -> Int? {
        if latest.org < orgs.count, orgs[latest.org].name == name { return latest.org }
        return orgIndex[name]
    }

    func findWorkspace(_ name: String, in org: Int) -> Int? {
        if latest.org == org, org < orgs.count, latest.workspace < orgs[org].workspaces.count,
            orgs[org].workspaces[latest.workspace].name == name
        {
            return latest.workspace
        }
        return orgs[org].workspaceIndex[name]
    }

    func requireOrg(_ name: String) throws(Rejection) -> Int {
        guard let org = findOrg(name) else { throw .unknownOrg(name) }
        return org
    }

    func requirePlace(_ org: String, _ workspace: String) throws(Rejection) -> Place {
        let place = try requireOrg(org)
        guard let index = findWorkspace(workspace, in: place) else {
            throw .unknownWorkspace(org: org, workspace: workspace)
        }
        return Place(org: place, workspace: index)
    }

    /// Where a caller stands, as far as it is known by now.
    package func place(of caller: Caller) -> CallerPlace {
        var place = CallerPlace(isOfWorkspace: caller.workspace != nil)
        place.org = findOrg(caller.org)
        if let workspace = caller.workspace { place.workspace = place.org.flatMap { findWorkspace(workspace, in: $0) } }
        return place
    }

    /// Refuses what would make a new org or a new workspace where there are as many as there may be.
    func requireRoom(for place: CallerPlace) throws(Rejection) {
        guard let org = place.org else {
            guard orgs.count < Policy.orgsMax else { throw .full(what: "orgs", max: Policy.orgsMax) }
            return
        }
        guard !place.isKnown, orgs[org].workspaces.count >= Policy.workspacesPerOrgMax else { return }
        throw .full(what: "workspaces", max: Policy.workspacesPerOrgMax)
    }

    /// Has the caller's org and workspace come to be, where there are none of these names.
    mutating func ensure(_ place: inout CallerPlace, of caller: Caller) {
        let org = ensureOrg(caller.org)
        place.org = org
        if let workspace = caller.workspace { place.workspace = ensureWorkspace(workspace, in: org) }
    }

    /// The org of that name, which comes to be if there is none.
    mutating func ensureOrg(_ name: String) -> Int {
        let org = findOrg(name) ?? orgs.count
        if org == orgs.count {
            orgs.append(OrgState(name: name, clock: time))
            orgIndex[name] = org
        }
        latest.org = org
        return org
    }

    /// The workspace of that name, which comes to be if there is none.
    mutating func ensureWorkspace(_ name: String, in org: Int) -> Int {
        let workspace = findWorkspace(name, in: org) ?? orgs[org].workspaces.count
        if workspace == orgs[org].workspaces.count {
            orgs[org].workspaces.append(WorkspaceState(name: name, clock: time))
            orgs[org].workspaceIndex[name] = workspace
        }
        latest = Place(org: org, workspace: workspace)
        return workspace
    }
}
