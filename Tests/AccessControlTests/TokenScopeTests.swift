import AccessControl
import Testing

@Suite struct TokenScopeTests {
    @Test func everythingHoldsAll() {
        let scope = TokenScope.everything
        #expect(scope.covers(org: "a") && scope.touches(org: "a") && scope.covers(org: "a", workspace: nil))
    }

    @Test func orgsHoldAllThatIsInThem() {
        let scope = TokenScope.orgs(["a", "b"])
        #expect(scope.covers(org: "a") && scope.touches(org: "b"))
        #expect(scope.covers(org: "b", workspace: "w") && scope.covers(org: "b", workspace: nil))
        #expect(!scope.covers(org: "c") && !scope.touches(org: "c") && !scope.covers(org: "c", workspace: "w"))
    }

    @Test func workspacesHoldThemselvesAlone() {
        let scope = TokenScope.workspaces(["v", "w"], org: "a")
        #expect(scope.covers(org: "a", workspace: "v") && scope.covers(org: "a", workspace: "w"))
        #expect(!scope.covers(org: "a", workspace: "x") && !scope.covers(org: "b", workspace: "w"))
        // The org as such, and what happens in it outside of workspaces.
        #expect(!scope.covers(org: "a") && !scope.covers(org: "a", workspace: nil))
        #expect(scope.touches(org: "a") && !scope.touches(org: "b"))
    }

    @Test func nothingHoldsNothing() {
        let scope = TokenScope.nothing
        #expect(!scope.isEverything && !scope.covers(org: "a") && !scope.touches(org: ""))
        #expect(!scope.covers(org: "a", workspace: "w"))
    }

    @Test func rolesAreALadder() {
        #expect(Role.allCases == [.reader, .recorder, .operator, .admin])
        #expect(Role.allCases.sorted() == Role.allCases)
    }
}
