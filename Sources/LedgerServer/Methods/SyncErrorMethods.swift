import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// `sync_errors.*`: what could not be synced, and trying again.
enum SyncErrorMethods {
    static let service = Service(
        name: "sync_errors",
        summary: "What could not be synced, and trying it again.",
        methods: [report, list, get, retry, retrySucceeded, retryFailed]
    )

    private static let error = Field.required("error", .integer(Bounds.number), "The sync error's number.")
    private static let code = Field.required("code", .text(Bounds.code), "What went wrong, for programs.")
    private static let message = Field.required("message", .text(Bounds.message), "What went wrong, for people.")
    private static let attempt = Field.required(
        "attempt",
        .nullable(.integer(Bounds.number)),
        "The attempt, counted from 1; null in a duplicate whose sync error is resolved by now."
    )

    // MARK: sync_errors.report

    private static let report = Method(
        MethodDefinition(
            "sync_errors.report",
            access: MethodAccess(.recorder, .workspace),
            "Records that a record could not be synced.",
            params: [
                .org, .workspace,
                .required("direction", .choice(SyncDirection.self), "Which way the value was to go."),
                .required("sync_type", .choice(SyncType.self), "The kind of sync."),
                .required(
                    "object",
                    .choice(SyncedObject.self),
                    "The Salesforce object.",
                    refusalHint: "accounts and cases are not synced"
                ),
                .required("record", .text(Bounds.attribute), "The record."),
                .optional("attribute", .text(Bounds.attribute), "The attribute; absent: the record as a whole."),
                code, message,
                .optional("at", .instant, "When it went wrong, at most 60 s ahead of the server's clock; absent: now."),
                .id,
            ],
            result: .object([
                .receiptPosition, .duplicate,
                .required(
                    "error",
                    .nullable(.integer(Bounds.number)),
                    "The sync error's number, counted from 1 in each workspace; null in a duplicate whose sync error "
                        + "is resolved by now: the event at position has it."
                ),
            ]),
            errors: [
                ErrorDescription(
                    .resourceExhausted,
                    "SYNC_ERRORS_MAX",
                    "the workspace has as many unresolved ones as it may; data has max"
                ),
                .idReused,
            ],
            examples: [
                .init(
                    """
                    {"org":"acme","workspace":"support","direction":"intercom_to_salesforce","sync_type":"event_sync",\
                    "object":"contact","record":"003xx0000012345","attribute":"plan","code":"FIELD_INTEGRITY",\
                    "message":"bad value for restricted picklist field: Gold"}
                    """,
                    #"{"position":15,"duplicate":false,"error":1}"#
                )
            ]
        )
    ) { arguments, _ in
        let action = Command.Action.reportSyncError(syncErrorReport(arguments), at: arguments.optionalInstant("at"))
        return .command(arguments, action) { result, answer in
            result.member("error", answer.reportedSyncError)
        }
    }

    private static func syncErrorReport(_ arguments: Arguments) -> SyncErrorReport {
        SyncErrorReport(
            direction: arguments.choice("direction", SyncDirection.self),
            syncType: arguments.choice("sync_type", SyncType.self),
            object: arguments.choice("object", SyncedObject.self),
            record: arguments.text("record"),
            attribute: arguments.optionalText("attribute"),
            failure: failure(arguments)
        )
    }

    private static func failure(_ arguments: Arguments) -> Failure {
        Failure(code: arguments.text("code"), message: arguments.text("message"))
    }

    // MARK: Questions

    private static let row: [Field] = [
        .required("error", .integer(Bounds.number), "The sync error, counted from 1 in each workspace."),
        .required("at", .instant, "When it first went wrong."),
        .required("code", .freeText, "What went wrong at the latest attempt, for programs."),
        .required("message", .freeText, "The same for people."),
        .required("direction", .choice(SyncDirection.self), "Which way the value was to go."),
        .required("sync_type", .choice(SyncType.self), "The kind of sync."),
        .required("object", .choice(SyncedObject.self), "The Salesforce object."),
        .required("record", .freeText, "The record."),
        .required("attribute", .nullable(.freeText), "The attribute; null: the record as a whole."),
        .required("attempt", .integer(Bounds.number), "How often it was tried."),
        .required("state", .choice(["open", "retrying"]), "Whether a retry is under way."),
        .required("retryable", .boolean, "Whether it can be retried now; its purpose may be paused all the same."),
    ]

    private static let exampleRow = """
        {"error":1,"at":"2026-11-21T17:54:01.123Z","code":"FIELD_INTEGRITY",\
        "message":"bad value for restricted picklist field: Gold","direction":"intercom_to_salesforce",\
        "sync_type":"event_sync","object":"contact","record":"003xx0000012345","attribute":"plan","attempt":1,\
        "state":"open","retryable":true}
        """

    /// Which directions `sync_errors.list` shows (R21).
    private enum ListedDirection: String, CaseIterable {
        case intercomToSalesforce = "intercom_to_salesforce"
        case salesforceToIntercom = "salesforce_to_intercom"
        case all

        var direction: SyncDirection? {
            switch self {
            case .intercomToSalesforce: .intercomToSalesforce
            case .salesforceToIntercom: .salesforceToIntercom
            case .all: nil
            }
        }
    }

    private static let list = Method(
        MethodDefinition(
            "sync_errors.list",
            access: MethodAccess(.reader, .workspace),
            "Lists unresolved sync errors, the newest first.",
            params: [
                .org, .workspace,
                .optional(
                    "direction",
                    .choice(ListedDirection.self),
                    default: .text(ListedDirection.intercomToSalesforce.rawValue),
                    "Which way the values were to go."
                ),
                .optional("limit", .integer(Bounds.listLimit), default: .integer(100), "How many at most."),
                .optional(
                    "before_error",
                    .integer(Bounds.number),
                    "Only those with lower numbers: next_before of the page before."
                ),
            ],
            result: .object([
                .required("errors", .list(of: .object(row)), "The sync errors."),
                .required(
                    "next_before",
                    .nullable(.integer(Bounds.number)),
                    "before_error of the next page; null: none."
                ),
            ]),
            errors: [.unknownOrg, .unknownWorkspace],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support"}"#,
                    "{\"errors\":[\(exampleRow)],\"next_before\":null}"
                )
            ]
        )
    ) { arguments, _ in
        let (org, workspace) = (arguments.text("org"), arguments.text("workspace"))
        let direction = arguments.choice("direction", ListedDirection.self).direction
        let (limit, before) = (Int(arguments.integer("limit")), arguments.optionalInteger("before_error"))
        return .query { result, state, _ throws(Rejection) in
            let page = try state.syncErrors(
                org: org,
                workspace: workspace,
                direction: direction,
                limit: limit,
                before: before
            )
            result.array("errors") { errors in
                for row in page.rows { errors.object { $0.members(of: row) } }
            }
            result.member("next_before", page.next)
        }
    }

    private static let get = Method(
        MethodDefinition(
            "sync_errors.get",
            access: MethodAccess(.reader, .workspace),
            "Gives one unresolved sync error.",
            params: [.org, .workspace, error],
            result: .object(row),
            errors: [.unknownOrg, .unknownWorkspace, .unknownSyncError],
            examples: [.init(#"{"org":"acme","workspace":"support","error":1}"#, exampleRow)]
        )
    ) { arguments, _ in
        let (org, workspace, error) = (arguments.text("org"), arguments.text("workspace"), arguments.integer("error"))
        return .query { result, state, _ throws(Rejection) in
            result.members(of: try state.syncError(org: org, workspace: workspace, error: error))
        }
    }

    // MARK: Retries

    private static let retry = Method(
        MethodDefinition(
            "sync_errors.retry",
            access: MethodAccess(.operator, .workspace),
            "Begins to try a failed sync again; its calls count for the kind of sync it came from.",
            params: [
                .org, .workspace, error,
                .optional(
                    "calls",
                    .integer(Bounds.retryCalls),
                    default: .integer(1),
                    "API calls that the retry makes; they are recorded with it."
                ),
                .id,
            ],
            result: .object([
                .receiptPosition, .duplicate, error, attempt,
                .required(
                    "purpose",
                    .nullable(.choice(Purpose.self)),
                    "What its calls count as; null as attempt is."
                ),
                .required("tier", .nullable(.choice(Tier.self)), "The workspace's tier after it."),
            ]),
            errors: [
                .unknownOrg, .unknownWorkspace, .unknownSyncError,
                ErrorDescription(
                    .failedPrecondition,
                    "PURPOSE_PAUSED",
                    "calls of that purpose are paused; data has purpose and tier"
                ),
                ErrorDescription(.failedPrecondition, "RETRY_ACTIVE", "a retry is under way"), .idReused,
            ],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support","error":1}"#,
                    """
                    {"position":16,"duplicate":false,"error":1,"attempt":2,"purpose":"event_sync","tier":"normal"}
                    """
                )
            ]
        )
    ) { arguments, _ in
        let error = arguments.integer("error")
        let action = Command.Action.retrySyncError(error: error, calls: arguments.integer("calls"))
        return .command(arguments, action) { result, answer in
            let row = answer.syncError(error)
            result.member("error", error)
            result.member("attempt", answer.attempt ?? row?.attempt)
            result.member("purpose", row?.report.syncType.purpose.rawValue)
            result.member("tier", answer.state.tier(org: answer.org, workspace: answer.workspace)?.rawValue)
        }
    }

    private static let noRetryActive = ErrorDescription(
        .failedPrecondition,
        "NO_RETRY_ACTIVE",
        "no retry is under way"
    )

    private static let retrySucceeded = Method(
        MethodDefinition(
            "sync_errors.retry_succeeded",
            access: MethodAccess(.recorder, .workspace),
            "Records that a retry succeeded, which takes the sync error off the list.",
            params: [.org, .workspace, error, .id],
            result: .object([.receiptPosition, .duplicate, error]),
            errors: [.unknownOrg, .unknownWorkspace, .unknownSyncError, noRetryActive, .idReused],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support","error":1}"#,
                    #"{"position":18,"duplicate":false,"error":1}"#
                )
            ]
        )
    ) { arguments, _ in
        let error = arguments.integer("error")
        return .command(arguments, .retrySucceeded(error: error)) { result, _ in
            result.member("error", error)
        }
    }

    private static let retryFailed = Method(
        MethodDefinition(
            "sync_errors.retry_failed",
            access: MethodAccess(.recorder, .workspace),
            "Records that a retry failed too; the sync error stays, with the new cause.",
            params: [.org, .workspace, error, code, message, .id],
            result: .object([.receiptPosition, .duplicate, error, attempt]),
            errors: [.unknownOrg, .unknownWorkspace, .unknownSyncError, noRetryActive, .idReused],
            examples: [
                .init(
                    """
                    {"org":"acme","workspace":"support","error":1,"code":"UNABLE_TO_LOCK_ROW",\
                    "message":"unable to obtain exclusive access"}
                    """,
                    #"{"position":18,"duplicate":false,"error":1,"attempt":2}"#
                )
            ]
        )
    ) { arguments, _ in
        let error = arguments.integer("error")
        let action = Command.Action.retryFailed(error: error, failure(arguments))
        return .command(arguments, action) { result, answer in
            result.member("error", error)
            result.member("attempt", answer.attempt ?? answer.syncError(error)?.attempt)
        }
    }
}

extension CommandAnswer {
    /// The number of the sync error that was reported; nil in a duplicate whose sync error is resolved by now.
    fileprivate var reportedSyncError: Int64? {
        state.syncError(org: org, workspace: workspace, reportedAt: receipt.position)?.error
    }

    /// The attempt that the command is about; nil in a duplicate.
    fileprivate var attempt: Int64? {
        for event in receipt.events {
            switch event.body {
            case .syncErrorRetryStarted(_, let attempt), .syncErrorRetryFailed(_, let attempt, _): return attempt
            default: continue
            }
        }
        return nil
    }

    /// Nil when it is resolved.
    fileprivate func syncError(_ error: Int64) -> SyncErrorRow? {
        try? state.syncError(org: org, workspace: workspace, error: error)
    }
}
