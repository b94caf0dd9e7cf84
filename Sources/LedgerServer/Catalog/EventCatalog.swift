import LedgerService
import QuotaDomain

/// All events, in the order of `EventType`: the source of Protocol/events/.
enum EventCatalog {
    static let events: [EventDefinition] =
        orgEvents + workspaceEvents + bulkSyncEvents + eventSyncEvents + syncErrorEvents

    private static let identity: [Field] = [
        .optional("id", .text(Bounds.id), "The idempotency id of the request."),
        .optional(
            "fingerprint",
            .text(TextRule(bytes: 12...12, alphabet: .name)),
            "12 hexadecimal digits over the request's parameters: tells a repetition from a reuse of the id."
        ),
    ]

    private static let at = Field.required("at", .instant, "The exact instant at which it took effect.")
    private static let calls24 = "calls per 24 hours"

    private static let orgEvents: [EventDefinition] = [
        EventDefinition(
            .orgConfigured,
            "Somebody configured an org.",
            isOfWorkspace: false,
            [
                .optional("allowance", .integer(Bounds.quantity), "The allowance in \(calls24)."),
                .optional("idempotency_days", .integer(Bounds.idempotencyDays), "Days for which ids are held."),
            ] + identity
        ),
        EventDefinition(
            .orgObserved,
            "Salesforce reported how much of the allowance is used.",
            isOfWorkspace: false,
            [
                .required("used", .count, "Calls used in the 24 hours before."),
                .required("allowance", .count, "The allowance in \(calls24)."),
                .required("at", .instant, "When Salesforce reported it."),
                .required("source", .choice(ObservationSource.self), "In which form it was reported."),
            ] + identity
        ),
        EventDefinition(
            .apiCalled,
            "API calls were made.",
            isOfWorkspace: nil,
            [
                .required("purpose", .choice(Purpose.self), "What they were made for."),
                .required("calls", .integer(Bounds.calls), "How many."),
                .optional(
                    "integration",
                    .text(Bounds.integration),
                    "The associated app, or the other system; absent: the workspace's own app."
                ),
                .optional("at", .instant, "When they were made; absent: at the event's time."),
                .optional("verb", .text(Bounds.verb), "The HTTP method."),
                .optional("resource", .text(Bounds.resource), "The API resource."),
                .optional("status", .integer(Bounds.status), "The HTTP status."),
                .optional("counted", .boolean, "False when they do not count against the allowance; else absent."),
                .optional("imported", .boolean, "True when they came through usage.import; else absent."),
                .optional("id", .text(Bounds.id), "The idempotency id of the call."),
            ]
        ),
    ]

    private static let workspaceEvents: [EventDefinition] = [
        EventDefinition(
            .settingsChanged,
            "Somebody changed settings; only what changed is there.",
            settings + identity
        ),
        EventDefinition(
            .tierChanged,
            "A workspace came into another tier.",
            [
                .required("from", .choice(Tier.self), "The tier before."),
                .required("to", .choice(Tier.self), "The tier from then on."),
                at,
                .required("used", .count, "Calls of the workspace in the 24 hours before that instant."),
                .required("limit", .count, "Its limit in force, in \(calls24)."),
                .required("cause", .choice(TierCause.self), "Which of the two allotments it followed from."),
            ]
        ),
        EventDefinition(
            .mappingSet,
            "An Intercom attribute was joined to a Salesforce field.",
            mappingKey + [
                .required("salesforce", .text(Bounds.attribute), "The Salesforce field."),
                .required("direction", .choice(SyncDirection.self), "Which way values go."),
            ] + identity
        ),
        EventDefinition(.mappingRemoved, "An attribute's mapping was removed.", mappingKey + identity),
    ]

    private static let settings: [Field] = [
        .optional(
            "limit",
            .nullable(.integer(Bounds.quantity)),
            "The limit in \(calls24); null: unset, the allowance."
        ),
        .optional("installer_email", .nullable(.text(Bounds.email)), "Who installed the app; null: unset."),
        .optional("bulk_pause_percent", .integer(Bounds.percent), "Percent of the limit at which bulk sync pauses."),
        .optional(
            "event_pause_percent",
            .integer(Bounds.percent),
            "Percent of the limit at which event-based sync pauses."
        ),
        .optional("warn_percent", .integer(Bounds.percent), "Percent of the limit from which the first warning shows."),
        .optional(
            "resume_hysteresis_percent",
            .integer(Bounds.hysteresisPercent),
            "By how many percent usage must fall under a pause line before what it paused resumes."
        ),
    ]

    private static let mappingKey: [Field] = [
        .required("object", .choice(SyncedObject.self), "The Salesforce object."),
        .required("intercom", .text(Bounds.attribute), "The Intercom attribute."),
    ]

    private static let sync = Field.required(
        "sync",
        .integer(Bounds.number),
        "The bulk sync, counted from 1 in each workspace."
    )
    private static let pauseReason = Field.required("reason", .choice(PauseReason.self), "Why; each reason on its own.")
    private static let failure: [Field] = [
        .required("code", .text(Bounds.code), "What went wrong, for programs."),
        .required("message", .text(Bounds.message), "What went wrong, for people."),
    ]

    private static let bulkSyncEvents: [EventDefinition] = [
        EventDefinition(
            .bulkSyncStarted,
            "A bulk sync was started.",
            [
                sync,
                .required(
                    "pauses",
                    .list(of: .choice(PauseReason.self)),
                    "The reasons for which it is paused from the start; empty: it runs."
                ),
            ] + identity
        ),
        EventDefinition(.bulkSyncProgressed, "A bulk sync has come further.", [sync] + progress + identity),
        EventDefinition(.bulkSyncPaused, "A bulk sync got a reason to pause.", [sync, pauseReason, at] + identity),
        EventDefinition(.bulkSyncResumed, "A bulk sync lost a reason to pause.", [sync, pauseReason, at] + identity),
        EventDefinition(
            .bulkSyncStopped,
            "A bulk sync was stopped for good.",
            [sync, .required("cause", .choice(StopCause.self), "Why.")] + identity
        ),
        EventDefinition(.bulkSyncCompleted, "A bulk sync went through all records.", [sync] + identity),
        EventDefinition(.bulkSyncFailed, "A bulk sync could not go on.", [sync] + failure + identity),
    ]

    private static let progress: [Field] = [
        .required("total", .integer(Bounds.records), "Records found in both systems."),
        .required("processed", .integer(Bounds.records), "Records looked at: the sum of the four below."),
        .required("updated", .integer(Bounds.records), "Records with attributes that were written."),
        .required("unchanged", .integer(Bounds.records), "Records whose attributes were equal already."),
        .required("skipped", .integer(Bounds.records), "Records left out."),
        .required("failed", .integer(Bounds.records), "Records with a sync error."),
    ]

    private static let eventSyncEvents: [EventDefinition] = [
        EventDefinition(.eventSyncPaused, "Event-based sync got a reason to pause.", [pauseReason, at]),
        EventDefinition(.eventSyncResumed, "Event-based sync lost a reason to pause.", [pauseReason, at]),
    ]

    private static let error = Field.required(
        "error",
        .integer(Bounds.number),
        "The sync error, counted from 1 in each workspace."
    )
    private static let attempt = Field.required("attempt", .integer(Bounds.number), "Which attempt, counted from 1.")

    private static let syncErrorEvents: [EventDefinition] = [
        EventDefinition(
            .syncErrorReported,
            "A record could not be synced.",
            [
                error,
                .required("direction", .choice(SyncDirection.self), "Which way the value was to go."),
                .required("sync_type", .choice(SyncType.self), "The kind of sync."),
                .required("object", .choice(SyncedObject.self), "The Salesforce object."),
                .required("record", .text(Bounds.attribute), "The record."),
                .optional("attribute", .text(Bounds.attribute), "The attribute; absent: the record as a whole."),
            ] + failure + [.required("at", .instant, "When it went wrong."), attempt] + identity
        ),
        EventDefinition(.syncErrorRetryStarted, "A failed sync is tried again.", [error, attempt] + identity),
        EventDefinition(
            .syncErrorResolved,
            "The retry succeeded; the error is off the list.",
            [error, attempt] + identity
        ),
        EventDefinition(.syncErrorRetryFailed, "The retry failed too.", [error, attempt] + failure + identity),
    ]
}
