import EventSourcing
import Testing

@testable import QuotaDomain

@Suite("R19: event-based sync")
struct EventSyncTests {
    @Test("R19: polls every five minutes of the clock while it runs")
    func polls() throws {
        let state = try Scenario.given(calls(1)).state
        func next(_ at: Timestamp) throws -> Timestamp? {
            try state.eventSync(org: acme, workspace: support, at: at).nextPollAt
        }
        #expect(try next(noon) == noon + .minutes(5))
        #expect(try next(noon + 1) == noon + .minutes(5))
        #expect(try next(noon + .minutes(5) - 1) == noon + .minutes(5))
        #expect(try next(Timestamp(milliseconds: -1)) == Timestamp(milliseconds: 0))
        #expect(try state.eventSync(org: acme, workspace: support, at: noon).since == nil)
    }

    @Test("R19: paused at 80 % and by the allowance, with when and why")
    func pauses() throws {
        let scenario = try Scenario.given(
            settings(SettingsChange(limit: .some(100))),
            allowance(150),
            calls(79, at: noon),
            calls(1, at: noon + 5),
            calls(70, by: nil, integration: "ERP", at: noon + 9)
        )
        let report = try scenario.state.eventSync(org: acme, workspace: support, at: noon + 9)
        #expect(report.reasons == [.allowance, .quota])
        #expect(report.since == noon + 5 && report.nextPollAt == nil)
        let back = scenario.whenTimePasses(to: noon + .hours(30)).after
        let later = try back.state.eventSync(org: acme, workspace: support, at: noon + .hours(30))
        #expect(later.reasons == [] && later.since == noon + .hours(24))
    }
}

@Suite("R20-R22: sync errors")
struct SyncErrorTests {
    static let failure = Failure(code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", message: "Phone is not valid")

    private func report(
        _ direction: SyncDirection = .intercomToSalesforce,
        _ type: SyncType = .eventSync
    ) -> SyncErrorReport {
        SyncErrorReport(
            direction: direction,
            syncType: type,
            object: .contact,
            record: "0035e000",
            attribute: "phone",
            failure: Self.failure
        )
    }

    private func reported(_ direction: SyncDirection = .intercomToSalesforce, _ type: SyncType = .eventSync)
        -> Scenario.Step
    {
        command(.reportSyncError(report(direction, type), at: nil))
    }

    private func row(_ scenario: Scenario, _ error: Int64 = 1) throws -> SyncErrorRow {
        try scenario.state.syncError(org: acme, workspace: support, error: error)
    }

    @Test("R20: an error is kept with all that is known of it")
    func kept() throws {
        let scenario = try Scenario.given().when(.reportSyncError(report(), at: noon - .days(2)), at: noon)
            .then(.syncErrorReported(error: 1, report(), at: noon - .days(2)))
        #expect(
            try row(scenario)
                == SyncErrorRow(
                    error: 1,
                    position: LogPosition(1),
                    at: noon - .days(2),
                    report: report(),
                    attempt: 1,
                    isRetrying: false
                )
        )
        scenario.when(.reportSyncError(report(), at: noon + .seconds(60)), at: noon)
            .then(.syncErrorReported(error: 2, report(), at: noon))
        scenario.when(.reportSyncError(report(), at: noon + .seconds(60) + 1), at: noon).thenRefused(field: "at")
    }

    @Test("R21: the list shows one direction, or both on request, newest first and in pages")
    func list() throws {
        let scenario = try Scenario.given(
            reported(),
            reported(.salesforceToIntercom),
            reported(),
            reported(),
            reported(.salesforceToIntercom)
        )
        func list(_ direction: SyncDirection?, _ limit: Int, before: Int64? = nil) throws -> ([Int64], Int64?) {
            let page = try scenario.state.syncErrors(
                org: acme,
                workspace: support,
                direction: direction,
                limit: limit,
                before: before
            )
            return (page.rows.map(\.error), page.next)
        }
        #expect(try list(.intercomToSalesforce, 9) == ([4, 3, 1], nil))
        #expect(try list(.salesforceToIntercom, 9) == ([5, 2], nil))
        #expect(try list(nil, 3) == ([5, 4, 3], 3))
        #expect(try list(nil, 3, before: 3) == ([2, 1], nil))
        #expect(try list(.intercomToSalesforce, 2) == ([4, 3], 3))
        #expect(try list(.intercomToSalesforce, 2, before: 3) == ([1], nil))
        #expect(try list(nil, 5) == ([5, 4, 3, 2, 1], nil))
    }

    @Test("R22: a retry that succeeds removes the row")
    func success() throws {
        let retrying = try Scenario.given(reported()).when(.retrySyncError(error: 1, calls: 0), at: noon)
            .then(.syncErrorRetryStarted(error: 1, attempt: 2))
        #expect(try row(retrying).isRetrying)
        let resolved = retrying.when(.retrySucceeded(error: 1), at: noon).then(.syncErrorResolved(error: 1, attempt: 2))
        #expect(throws: Rejection.unknownSyncError(1)) { try row(resolved) }
        resolved.when(.retrySyncError(error: 1, calls: 1), at: noon).thenRefused(.unknownSyncError(1))
        resolved.when(.reportSyncError(report(), at: nil), at: noon).then(
            .syncErrorReported(error: 2, report(), at: noon)
        )
    }

    @Test("R22: a retry that fails keeps the row with attempt + 1 and the new cause")
    func failure() throws {
        let other = Failure(code: "UNABLE_TO_LOCK_ROW", message: "Busy")
        let failed = try Scenario.given(reported(), command(.retrySyncError(error: 1, calls: 0)))
            .when(.retryFailed(error: 1, other), at: noon)
            .then(.syncErrorRetryFailed(error: 1, attempt: 2, other))
        let kept = try row(failed)
        #expect(kept.attempt == 2 && !kept.isRetrying && kept.report.failure == other)
        failed.when(.retrySyncError(error: 1, calls: 0), at: noon).then(.syncErrorRetryStarted(error: 1, attempt: 3))
    }

    @Test("R22: a retry counts against the purpose it came from", arguments: SyncType.allCases)
    func purpose(type: SyncType) throws {
        let call = Call(org: acme, workspace: support, integration: nil, purpose: type.purpose, calls: 3)
        let id = RequestIdentity(id: "again", key: key(7))
        let outcome = try Scenario.given(reported(.intercomToSalesforce, type))
            .when(.retrySyncError(error: 1, calls: 3), at: noon, id: id)
        let after = outcome.then(.syncErrorRetryStarted(error: 1, attempt: 2), .apiCalled(call))
        #expect(try outcome.result.get().map(\.identity) == [id, nil])
        #expect(try after.state.usage(org: acme, workspace: support, at: noon).usedByWorkspace == 3)
    }

    @Test("R22: a retry waits while the purpose it came from is paused")
    func paused() throws {
        let scenario = try Scenario.given(
            settings(SettingsChange(limit: .some(100))),
            reported(.intercomToSalesforce, .bulkSync),
            reported(),
            calls(40)
        )
        scenario.when(.retrySyncError(error: 1, calls: 1), at: noon).thenRefused(
            .purposePaused(.bulkSync, tier: .bulkPaused)
        )
        scenario.when(.retrySyncError(error: 2, calls: 0), at: noon).then(.syncErrorRetryStarted(error: 2, attempt: 2))
        try scenario.and(calls(40)).when(.retrySyncError(error: 2, calls: 0), at: noon)
            .thenRefused(.purposePaused(.eventSync, tier: .syncPaused))
    }

    @Test("R22: one retry at a time, and none ends that was not begun")
    func retryStates() throws {
        let scenario = try Scenario.given(reported())
        scenario.when(.retrySucceeded(error: 1), at: noon).thenRefused(.noRetryActive(error: 1))
        scenario.when(.retryFailed(error: 1, Self.failure), at: noon).thenRefused(.noRetryActive(error: 1))
        scenario.when(.retrySucceeded(error: 2), at: noon).thenRefused(.unknownSyncError(2))
        scenario.when(.retrySyncError(error: 1, calls: 1_001), at: noon).thenRefused(field: "calls")
        try scenario.and(command(.retrySyncError(error: 1, calls: 0)))
            .when(.retrySyncError(error: 1, calls: 0), at: noon).thenRefused(.retryActive(error: 1))
    }
}
