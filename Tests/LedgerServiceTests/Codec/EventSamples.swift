import EventSourcing
import LedgerService
import QuotaDomain

/// One event of every type with all its optional members, and the `data` that the wire contract gives it.
struct EventSample {
    var event: QuotaEvent
    var data: String
    /// Nobody's command leads to it, so it never carries an id.
    var isReaction = false

    static let at = Timestamp("2026-11-21T17:54:01.123Z")!
    private static let atText = "2026-11-21T17:54:01.123Z"

    static let orgEvents = [
        EventSample(
            .orgConfigured(allowance: 20_000, idempotencyDays: 30),
            #"{"allowance":20000,"idempotency_days":30}"#
        ),
        EventSample(
            .orgObserved(used: 18, allowance: 5_000, at: at, source: .header),
            #"{"used":18,"allowance":5000,"at":"\#(atText)","source":"header"}"#
        ),
    ]

    static let workspaceEvents = [
        EventSample(
            .settingsChanged(
                SettingsChange(
                    limit: .some(9_000),
                    installerEmail: .some("ops@example.com"),
                    bulkPausePercent: 30,
                    eventPausePercent: 60,
                    warnPercent: 70,
                    resumeHysteresisPercent: 5
                )
            ),
            #"{"limit":9000,"installer_email":"ops@example.com","bulk_pause_percent":30,"event_pause_percent":60,"#
                + #""warn_percent":70,"resume_hysteresis_percent":5}"#
        ),
        EventSample(
            .settingsChanged(SettingsChange(limit: .some(nil), installerEmail: .some(nil))),
            #"{"limit":null,"installer_email":null}"#
        ),
        EventSample(
            .tierChanged(
                TierChange(from: .normal, to: .bulkPaused, at: at, used: 40, limit: 100, cause: .limit)
            ),
            #"{"from":"normal","to":"bulk_paused","at":"\#(atText)","used":40,"limit":100,"cause":"limit"}"#,
            isReaction: true
        ),
        EventSample(
            .mappingSet(
                Mapping(
                    key: MappingKey(object: .contact, intercom: "phone"),
                    salesforce: "Phone",
                    direction: .salesforceToIntercom
                )
            ),
            #"{"object":"contact","intercom":"phone","salesforce":"Phone","direction":"salesforce_to_intercom"}"#
        ),
        EventSample(
            .mappingRemoved(MappingKey(object: .lead, intercom: "phone")),
            #"{"object":"lead","intercom":"phone"}"#
        ),
        EventSample(
            .bulkSyncStarted(sync: 3, pauses: [.quota, .allowance]),
            #"{"sync":3,"pauses":["quota","allowance"]}"#
        ),
        EventSample(
            .bulkSyncProgressed(
                sync: 3,
                BulkSyncProgress(total: 10, processed: 10, updated: 1, unchanged: 2, skipped: 3, failed: 4)
            ),
            #"{"sync":3,"total":10,"processed":10,"updated":1,"unchanged":2,"skipped":3,"failed":4}"#
        ),
        EventSample(
            .bulkSyncPaused(sync: 3, reason: .operator, at: at),
            #"{"sync":3,"reason":"operator","at":"\#(atText)"}"#
        ),
        EventSample(
            .bulkSyncResumed(sync: 3, reason: .quota, at: at),
            #"{"sync":3,"reason":"quota","at":"\#(atText)"}"#
        ),
        EventSample(.bulkSyncStopped(sync: 3, cause: .mappingChanged), #"{"sync":3,"cause":"mapping_changed"}"#),
        EventSample(.bulkSyncCompleted(sync: 3), #"{"sync":3}"#),
        EventSample(
            .bulkSyncFailed(sync: 3, Failure(code: "TIMEOUT", message: "no “answer”\n")),
            #"{"sync":3,"code":"TIMEOUT","message":"no “answer”\n"}"#
        ),
        EventSample(
            .eventSyncPaused(reason: .allowance, at: at),
            #"{"reason":"allowance","at":"\#(atText)"}"#,
            isReaction: true
        ),
        EventSample(
            .eventSyncResumed(reason: .quota, at: at),
            #"{"reason":"quota","at":"\#(atText)"}"#,
            isReaction: true
        ),
        EventSample(
            .syncErrorReported(
                error: 7,
                SyncErrorReport(
                    direction: .intercomToSalesforce,
                    syncType: .bulkSync,
                    object: .lead,
                    record: "00Q1",
                    attribute: "email",
                    failure: Failure(code: "BAD", message: "is \"bad\"")
                ),
                at: at
            ),
            #"{"error":7,"direction":"intercom_to_salesforce","sync_type":"bulk_sync","object":"lead","record":"00Q1","#
                + #""attribute":"email","code":"BAD","message":"is \"bad\"","at":"\#(atText)","attempt":1}"#
        ),
        EventSample(.syncErrorRetryStarted(error: 7, attempt: 2), #"{"error":7,"attempt":2}"#),
        EventSample(.syncErrorResolved(error: 7, attempt: 2), #"{"error":7,"attempt":2}"#),
        EventSample(
            .syncErrorRetryFailed(error: 7, attempt: 2, Failure(code: "BAD", message: "still")),
            #"{"error":7,"attempt":2,"code":"BAD","message":"still"}"#
        ),
    ].map { sample in
        var sample = sample
        sample.event.workspace = "support"
        return sample
    }

    static let calls = [
        EventSample(
            call: Call(org: "acme", workspace: "support", integration: nil, purpose: .eventSync),
            #"{"purpose":"event_sync","calls":1}"#
        ),
        EventSample(
            call: Call(
                org: "acme",
                workspace: nil,
                integration: "Data Loader",
                purpose: .other,
                calls: 1_000_000,
                at: at,
                counted: false,
                imported: true
            ),
            #"{"purpose":"other","calls":1000000,"integration":"Data Loader","at":"\#(atText)","counted":false,"#
                + #""imported":true}"#
        ),
    ]

    private init(_ body: QuotaEvent.Body, _ data: String, isReaction: Bool = false) {
        event = QuotaEvent(org: "acme", workspace: nil, body)
        (self.data, self.isReaction) = (data, isReaction)
    }

    private init(call: Call, _ data: String) {
        event = QuotaEvent(org: "acme", workspace: call.workspace, .apiCalled(call))
        self.data = data
    }
}
