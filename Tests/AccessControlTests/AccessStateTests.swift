import AccessControl
import EventSourcing
import Testing

@Suite struct AccessStateTests {
    private let hour = TimeSpan.hours(1)

    // MARK: Creating

    @Test func aTokenIsMadeAsItWasAskedFor() {
        let token = NewToken.sample("a", .recorder, .workspaces(["w"], org: "o"), expires: Scenario.noon + hour)
        Scenario.given().when(.create(token)).then(.tokenCreated(token))
    }

    @Test func anIDIsGivenOnce() {
        Scenario.given(.tokenCreated(.sample("a"))).when(.create(.sample("a", .admin))).thenRefused(.idTaken)
        Scenario.given(.tokenCreated(.sample("a")), .tokenRevoked("a", by: Scenario.owner))
            .when(.create(.sample("a"))).thenRefused(.idTaken)
    }

    @Test(arguments: [TokenScope.orgs(["o"]), .workspaces(["w"], org: "o"), .nothing])
    func anAdminHasEverything(_ scope: TokenScope) {
        Scenario.given().when(.create(.sample("a", .admin, scope))).thenRefused(.adminOfLessThanEverything)
    }

    @Test func theEndOfATokenIsInTheFuture() {
        let past = NewToken.sample("a", expires: Scenario.noon)
        Scenario.given().when(.create(past)).thenRefused(.expiresInThePast(Scenario.noon))
        let next = NewToken.sample("a", expires: Scenario.noon + TimeSpan(milliseconds: 1))
        Scenario.given().when(.create(next)).then(.tokenCreated(next))
    }

    @Test func validTokensAreBounded() {
        var scenario = Scenario()
        for index in 0..<AccessPolicy.tokensMax {
            scenario.take(.tokenCreated(.sample("t\(index)", expires: index == 0 ? Scenario.noon + hour : nil)))
        }
        scenario.when(.create(.sample("x"))).thenRefused(.tokensFull(max: AccessPolicy.tokensMax))
        // One expires, and makes room.
        scenario.when(.create(.sample("x")), at: Scenario.noon + hour).then(.tokenCreated(.sample("x")))
        scenario.take(.tokenRevoked("t7", by: Scenario.owner))
        scenario.when(.create(.sample("x"))).then(.tokenCreated(.sample("x")))
    }

    @Test func tokensAtAnEndAreForgottenInTheirOrder() {
        var scenario = Scenario()
        for index in 0...AccessPolicy.heldTokensMax {
            let time = Scenario.noon + .seconds(Int64(index))
            scenario.take(.tokenCreated(.sample("t\(index)")), at: time)
            // The second one stays good.
            if index != 1 { scenario.take(.tokenRevoked("t\(index)", by: Scenario.owner), at: time) }
        }
        #expect(scenario.state.tokens.count == AccessPolicy.heldTokensMax)
        #expect(scenario.state.tokens["t0"] == nil)
        #expect(scenario.state.tokens["t1"]?.standing(at: Scenario.noon) == .valid)
        #expect(scenario.state.tokens["t2"] != nil)
    }

    // MARK: Revoking

    @Test func aTokenIsRevokedOnce() {
        let revoked = AccessEvent.tokenRevoked("a", by: Scenario.owner)
        Scenario.given(.tokenCreated(.sample("a"))).when(.revoke("a", by: Scenario.owner)).then(revoked)
        Scenario.given(.tokenCreated(.sample("a")), revoked).when(.revoke("a", by: Scenario.owner)).then()
        Scenario.given().when(.revoke("a", by: Scenario.owner)).thenRefused(.unknownToken("a"))
    }

    @Test func whatWasRefusedIsRecordedAsItIs() {
        let refused = RefusedUse(RefusedUse.Kind(peer: "203.0.113.9", reason: .wrong, token: "a"), count: 7)
        Scenario.given().when(.report(refused)).then(.tokenRefused(refused))
    }

    @Test func whatIsLeftOfALogHasNoGoodTokens() {
        let known = LogHead(position: LogPosition(9), hash: String(repeating: "a", count: 64))
        let shortened = AccessEvent.logShortened(known: known)
        var scenario = Scenario.given(.tokenCreated(.sample("a")), .tokenCreated(.sample("b")))
        scenario.take(.tokenRevoked("b", by: Scenario.owner))
        let later = Scenario.noon + hour
        scenario.when(.acceptShorterLog(known: known), at: later).then(shortened)
        scenario.take(shortened, at: later)
        #expect(scenario.state.judge("a", .of(1), at: later).reason == .revoked)
        #expect(scenario.state.tokens["a"]?.revoked == later && scenario.state.tokens["b"]?.revoked == Scenario.noon)
        // Also when nothing is left.
        #expect(Scenario.given(shortened).state.areTokensDemanded)
    }

    // MARK: Judging

    @Test func aTokenIsGoodUntilItsEnd() {
        let expires = Scenario.noon + hour
        let scenario = Scenario.given(.tokenCreated(.sample("a", .operator, expires: expires)))
        guard case .accepted(let token) = scenario.state.judge("a", .of(1), at: Scenario.noon) else {
            Issue.record("it was refused")
            return
        }
        #expect(token.role == .operator && token.createdBy == Scenario.owner && token.created == Scenario.noon)
        let before = expires - TimeSpan(milliseconds: 1)
        #expect(scenario.state.judge("a", .of(1), at: before) == .accepted(token))
        #expect(scenario.state.judge("a", .of(1), at: expires) == .refused(.expired, token))
        #expect(scenario.state.nextExpiry(after: Scenario.noon) == expires)
        #expect(scenario.state.nextExpiry(after: expires) == nil)
    }

    @Test func aWrongSecretIsWrongWhateverTheTokenIsWorth() {
        var scenario = Scenario.given(.tokenCreated(.sample("a")))
        #expect(scenario.state.judge("a", .of(2), at: Scenario.noon).reason == .wrong)
        #expect(scenario.state.judge("b", .of(1), at: Scenario.noon).reason == .unknown)
        #expect(scenario.state.judge("b", .ofNobody, at: Scenario.noon).reason == .unknown)
        scenario.take(.tokenRevoked("a", by: Scenario.owner))
        #expect(scenario.state.judge("a", .of(2), at: Scenario.noon).reason == .wrong)
        #expect(scenario.state.judge("a", .of(1), at: Scenario.noon).reason == .revoked)
    }

    @Test func onceDemandedTokensStayDemanded() {
        #expect(!AccessState.initial.areTokensDemanded)
        let refused = RefusedUse(RefusedUse.Kind(peer: "unix", reason: .unknown))
        #expect(!Scenario.given(.tokenRefused(refused)).state.areTokensDemanded)
        let ended = Scenario.given(.tokenCreated(.sample("a")), .tokenRevoked("a", by: Scenario.owner))
        #expect(ended.state.areTokensDemanded)
    }
}

extension AccessState.Judgement {
    fileprivate var reason: RefusedUse.Reason? {
        if case .refused(let reason, _) = self { reason } else { nil }
    }
}
