import EventSourcing
import QuotaDomain
import Testing

@Suite("R13: mappings")
struct MappingTests {
    static let email = Mapping(
        key: MappingKey(object: .lead, intercom: "email"),
        salesforce: "Email",
        direction: .intercomToSalesforce
    )

    private func mapping(
        _ intercom: String,
        _ salesforce: String,
        _ object: SyncedObject = .lead,
        _ direction: SyncDirection = .intercomToSalesforce
    ) -> Mapping {
        Mapping(key: MappingKey(object: object, intercom: intercom), salesforce: salesforce, direction: direction)
    }

    @Test("R13: setting replaces, and the direction of an attribute is one")
    func replaces() throws {
        let back = mapping("email", "Email", .lead, .salesforceToIntercom)
        let scenario = try Scenario.given(command(.setMapping(Self.email, confirm: false)))
        let after = scenario.when(.setMapping(back, confirm: false), at: noon).then(.mappingSet(back))
        #expect(try after.state.mappings(org: acme, workspace: support).map(\.mapping) == [back])
        #expect(try after.state.mappings(org: acme, workspace: support).map(\.position) == [LogPosition(2)])
    }

    @Test("R13: setting what is set already changes nothing")
    func same() throws {
        try Scenario.given(command(.setMapping(Self.email, confirm: false)))
            .when(.setMapping(Self.email, confirm: false), at: noon).then()
    }

    @Test("R13: a Salesforce field is joined to one attribute of an object")
    func fieldTaken() throws {
        let scenario = try Scenario.given(command(.setMapping(Self.email, confirm: false)))
        scenario.when(.setMapping(mapping("work_email", "Email"), confirm: false), at: noon)
            .thenRefused(.salesforceFieldMapped(salesforce: "Email", to: Self.email.key))
        let contact = mapping("work_email", "Email", .contact)
        scenario.when(.setMapping(contact, confirm: false), at: noon).then(.mappingSet(contact))
    }

    @Test("R13: an attribute goes one way only, for leads and contacts alike")
    func oneDirection() throws {
        let scenario = try Scenario.given(command(.setMapping(Self.email, confirm: false)))
        let opposite = mapping("email", "Email", .contact, .salesforceToIntercom)
        scenario.when(.setMapping(opposite, confirm: true), at: noon)
            .thenRefused(.attributeDirection(Self.email.key, .intercomToSalesforce))
        let same = mapping("email", "Email", .contact)
        let both = scenario.when(.setMapping(same, confirm: false), at: noon).then(.mappingSet(same))
        both.when(.setMapping(opposite, confirm: true), at: noon)
            .thenRefused(.attributeDirection(Self.email.key, .intercomToSalesforce))
        try scenario.and(command(.removeMapping(Self.email.key, confirm: false)))
            .when(.setMapping(opposite, confirm: false), at: noon).then(.mappingSet(opposite))
    }

    @Test("R13: mappings are listed in order of object and attribute, and can be removed")
    func listAndRemove() throws {
        let scenario = try Scenario.given(
            command(.setMapping(mapping("phone", "Phone"), confirm: false)),
            command(.setMapping(mapping("email", "Email"), confirm: false)),
            command(.setMapping(mapping("name", "Name", .contact), confirm: false))
        )
        #expect(
            try scenario.state.mappings(org: acme, workspace: support).map(\.mapping.key.intercom) == [
                "name", "email", "phone",
            ]
        )
        let key = MappingKey(object: .lead, intercom: "email")
        let after = scenario.when(.removeMapping(key, confirm: false), at: noon).then(.mappingRemoved(key))
        #expect(
            try after.state.mappings(org: acme, workspace: support).map(\.mapping.key.intercom) == ["name", "phone"]
        )
        after.when(.removeMapping(key, confirm: false), at: noon).thenRefused(.unknownMapping(key))
    }

    @Test("R13: removing needs a workspace that is known")
    func unknownWorkspace() throws {
        let key = Self.email.key
        try Scenario.given().when(.removeMapping(key, confirm: false), at: noon).thenRefused(.unknownOrg(acme))
        try Scenario.given(calls(1, by: "sales")).when(.removeMapping(key, confirm: false), at: noon)
            .thenRefused(.unknownWorkspace(org: acme, workspace: support))
    }

    @Test("R17: a change of mappings stops an active bulk sync once it is confirmed")
    func stopsBulkSync() throws {
        let scenario = try Scenario.given(
            command(.setMapping(Self.email, confirm: false)),
            command(.startBulkSync)
        )
        let report = try scenario.state.bulkSync(org: acme, workspace: support)
        let phone = mapping("phone", "Phone")
        scenario.when(.setMapping(phone, confirm: false), at: noon).thenRefused(.bulkSyncActive(report))
        scenario.when(.removeMapping(Self.email.key, confirm: false), at: noon).thenRefused(.bulkSyncActive(report))
        scenario.when(.setMapping(Self.email, confirm: false), at: noon).then()
        scenario.when(.setMapping(phone, confirm: true), at: noon)
            .then(.bulkSyncStopped(sync: 1, cause: .mappingChanged), .mappingSet(phone))
        let after = scenario.when(.removeMapping(Self.email.key, confirm: true), at: noon)
            .then(.bulkSyncStopped(sync: 1, cause: .mappingChanged), .mappingRemoved(Self.email.key))
        #expect(try after.state.bulkSync(org: acme, workspace: support).cause == .mappingChanged)
    }
}
