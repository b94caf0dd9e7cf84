import EventSourcing
import QuotaDomain
import Testing

@Suite("DESIGN 4: how much a ledger holds")
struct BoundsTests {
    private func full(_ what: String, _ max: Int) -> Rejection { .full(what: what, max: max) }

    @Test("No more unresolved sync errors than there may be, until one is resolved")
    func syncErrors() throws {
        let report = SyncErrorReport(
            direction: .salesforceToIntercom,
            syncType: .eventSync,
            object: .lead,
            record: "r",
            attribute: nil,
            failure: Failure(code: "C", message: "")
        )
        var scenario = Scenario()
        for number in 1...Int64(Policy.syncErrorsPerWorkspaceMax) {
            let body = QuotaEvent.Body.syncErrorReported(error: number, report, at: noon)
            scenario.append(QuotaEvent(org: acme, workspace: support, body), at: noon)
        }
        scenario.when(.reportSyncError(report, at: nil), at: noon)
            .thenRefused(full("sync_errors", Policy.syncErrorsPerWorkspaceMax))
        try scenario.and(
            command(.retrySyncError(error: 7, calls: 0)),
            command(.retrySucceeded(error: 7))
        )
        .when(.reportSyncError(report, at: nil), at: noon)
        .then(.syncErrorReported(error: 10_001, report, at: noon))
    }

    @Test("No more mappings than there may be; those that are there can be changed")
    func mappings() throws {
        func mapping(_ number: Int, _ direction: SyncDirection = .intercomToSalesforce) -> Mapping {
            let key = MappingKey(object: .lead, intercom: "a\(number)")
            return Mapping(key: key, salesforce: "A\(number)", direction: direction)
        }
        var scenario = Scenario()
        for number in 1...Policy.mappingsPerWorkspaceMax {
            scenario.append(QuotaEvent(org: acme, workspace: support, .mappingSet(mapping(number))), at: noon)
        }
        scenario.when(.setMapping(mapping(0), confirm: false), at: noon)
            .thenRefused(full("mappings", Policy.mappingsPerWorkspaceMax))
        let changed = mapping(1, .salesforceToIntercom)
        scenario.when(.setMapping(changed, confirm: false), at: noon).then(.mappingSet(changed))
        try scenario.and(command(.removeMapping(mapping(1).key, confirm: false)))
            .when(.setMapping(mapping(0), confirm: false), at: noon).then(.mappingSet(mapping(0)))
    }

    @Test("No more workspaces of an org than there may be, neither by commands nor by calls")
    func workspaces() throws {
        var state = QuotaState.initial
        for number in 1...Policy.workspacesPerOrgMax {
            state.record(call(acme, "w\(number)"), at: state.position.next, time: noon)
        }
        let refusal = full("workspaces", Policy.workspacesPerOrgMax)
        #expect(throws: refusal) { try state.admit(call(acme, "new"), at: noon) }
        #expect(throws: refusal) { try state.admit(call(acme, "new", imported: true), at: noon) }
        #expect(throws: refusal) { try state.decide(start(acme, "new"), at: noon) }
        for known in ["w1", nil] { #expect(try state.admit(call(acme, known), at: noon) == .new) }
        #expect(try state.decide(start(acme, "w1"), at: noon).count == 1)
        #expect(try state.admit(call("other", "new"), at: noon) == .new)
    }

    @Test("No more orgs than there may be, neither by commands nor by calls")
    func orgs() throws {
        var state = QuotaState.initial
        for number in 1...Policy.orgsMax {
            state.record(call("o\(number)", nil), at: state.position.next, time: noon)
        }
        let refusal = full("orgs", Policy.orgsMax)
        #expect(throws: refusal) { try state.admit(call("new", support), at: noon) }
        #expect(throws: refusal) { try state.decide(start("new", support), at: noon) }
        let action = Command.Action.configureOrg(allowance: 5, idempotencyDays: nil)
        let configure = Command(org: "new", workspace: nil, action: action)
        #expect(throws: refusal) { try state.decide(configure, at: noon) }
        #expect(try state.admit(call("o1", support), at: noon) == .new)
        #expect(try state.decide(start("o1", support), at: noon).count == 1)
    }

    @Test("The orgs and workspaces of a batch are counted together, each name once")
    func batches() throws {
        var state = QuotaState.initial
        for number in 2...Policy.orgsMax {
            state.record(call("o\(number)", nil), at: state.position.next, time: noon)
        }
        var names = NewNames()
        func add(_ org: String, _ workspace: String?) throws(Rejection) {
            let caller = call(org, workspace).caller
            try names.add(caller, at: state.place(of: caller), in: state)
        }
        for workspace in [support, "sales", nil] { try add("new", workspace) }
        #expect(throws: full("orgs", Policy.orgsMax)) { try add("newer", support) }
    }

    private func call(_ org: String, _ workspace: String?, imported: Bool = false) -> Call {
        Call(
            org: org,
            workspace: workspace,
            integration: workspace == nil ? "ERP" : nil,
            purpose: .other,
            at: noon,
            imported: imported
        )
    }

    private func start(_ org: String, _ workspace: String) -> Command {
        Command(org: org, workspace: workspace, action: .startBulkSync)
    }
}
