import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain
import SQLiteEventLog

/// How every refusal of the domain, the service and the log looks on the wire. The one place where it is decided.
extension RPCError {
    /// `callIndex` is that of the refused call in a batch.
    init(refusing rejection: Rejection, callIndex: Int? = nil) {
        let prefix = callIndex.map { "calls[\($0)]." } ?? ""
        switch rejection {
        case .invalid(let field, let message):
            self = .invalidParams(callIndex.map { "calls[\($0)]: \(message)" } ?? message, field: prefix + field)
        case .unknownOrg(let org):
            self = RPCError(.notFound, "there is no org \(org)", reason: "UNKNOWN_ORG", field: "org")
        case .unknownWorkspace(let org, let workspace):
            self = RPCError(
                .notFound,
                "there is no workspace \(workspace) in org \(org)",
                reason: "UNKNOWN_WORKSPACE",
                field: "workspace"
            )
        case .versionMismatch(let expected, let actual):
            self = RPCError(
                .aborted,
                "the workspace is at version \(actual), not \(expected): read it again",
                reason: "VERSION_MISMATCH",
                field: "expected_version"
            ).with("expected", expected).with("actual", actual)
        case .idReused:
            self = RPCError(
                .alreadyExists,
                "the id was used before with other parameters",
                reason: "ID_REUSED",
                field: prefix + "id"
            )
        case .beforeHorizon(let at, let horizon):
            self = RPCError(
                .outOfRange,
                "\(at) is before \(horizon), from when on ids are held: use usage.import",
                reason: "BEFORE_HORIZON",
                field: prefix + "at"
            ).with("horizon", horizon)
        case .bulkSyncActive(let report):
            self = .bulkSyncActive(report)
        case .bulkSyncNotActive(let report):
            self = .bulkSyncNotActive(report)
        case .unknownBulkSync(let sync):
            self = RPCError(.notFound, "there is no bulk sync \(sync)", reason: "UNKNOWN_BULK_SYNC", field: "sync")
        case .unknownMapping(let key):
            self = RPCError(
                .notFound,
                "\(key.intercom) is not mapped for \(key.object.rawValue)",
                reason: "UNKNOWN_MAPPING",
                field: "intercom"
            )
        case .salesforceFieldMapped(let salesforce, let key):
            self = RPCError(
                .alreadyExists,
                "\(salesforce) of \(key.object.rawValue) is joined to \(key.intercom) already",
                reason: "SALESFORCE_FIELD_MAPPED",
                field: "salesforce"
            ).with("intercom", key.intercom)
        case .attributeDirection(let key, let direction):
            self = RPCError(
                .alreadyExists,
                "\(key.intercom) of \(key.object.rawValue) goes \(direction.rawValue); an attribute goes one way",
                reason: "ATTRIBUTE_DIRECTION",
                field: "direction"
            ).with("object", key.object.rawValue).with("direction", direction.rawValue)
        case .unknownSyncError(let error):
            self = RPCError(
                .notFound,
                "there is no sync error \(error), or it is resolved",
                reason: "UNKNOWN_SYNC_ERROR",
                field: "error"
            )
        case .retryActive(let error):
            self = RPCError(
                .failedPrecondition,
                "a retry of sync error \(error) is under way",
                reason: "RETRY_ACTIVE",
                field: "error"
            )
        case .noRetryActive(let error):
            self = RPCError(
                .failedPrecondition,
                "no retry of sync error \(error) is under way",
                reason: "NO_RETRY_ACTIVE",
                field: "error"
            )
        case .purposePaused(let purpose, let tier):
            self = RPCError(
                .failedPrecondition,
                "\(purpose.rawValue) is paused in tier \(tier.rawValue)",
                reason: "PURPOSE_PAUSED"
            ).with("purpose", purpose.rawValue).with("tier", tier.rawValue)
        case .full(let what, let max):
            self = RPCError(
                .resourceExhausted,
                "there are \(max) \(what.replacing("_", with: " ")) already, as many as there may be",
                reason: "\(what.uppercased())_MAX"
            ).with("max", max)
        }
    }

    private static func bulkSyncActive(_ report: BulkSyncReport) -> RPCError {
        RPCError(
            .failedPrecondition,
            "bulk sync \(report.sync) is \(report.state.rawValue)",
            reason: "BULK_SYNC_ACTIVE"
        )
        .with("sync", report.sync).with("state", report.state.rawValue)
        .with("processed", report.progress?.processed).with("total", report.progress?.total)
    }

    /// Refused because saving would stop a bulk sync (R17).
    static func unconfirmed(_ report: BulkSyncReport) -> RPCError {
        bulkSyncActive(report).with(
            "impact",
            "Saving stops bulk sync \(report.sync) for good; the next one starts over with all records. "
                + "Send confirm:true to stop it and save."
        )
    }

    private static func bulkSyncNotActive(_ report: BulkSyncReport?) -> RPCError {
        let message = report.map { "bulk sync \($0.sync) is \($0.state.rawValue)" } ?? "no bulk sync was started yet"
        return RPCError(.failedPrecondition, message, reason: "BULK_SYNC_NOT_ACTIVE")
            .with("sync", report?.sync).with("state", report?.state.rawValue)
    }
}

/// What work on files throws.
extension RPCError {
    init(refusing error: any Error) {
        switch error {
        case let error as RPCError: self = error
        case let error as Rejection: self.init(refusing: error, callIndex: nil)
        case let error as HistoryError: self.init(refusing: error, field: nil)
        case let error as EventLogError: self.init(refusing: error)
        case let error as UnexpectedHistory: self.init(refusing: error)
        case let error as ServiceError: self.init(refusing: error)
        case let error as ViewsError: self.init(refusing: error)
        case let error as AccessRejection: self.init(refusing: error)
        case let error as LogFailure: self = .logFailed(error)
        case let error as UnreadableEvent: self = RPCError(.dataLoss, "\(error)", reason: "DAMAGED")
        default: self = .internalError("\(error)")
        }
    }

    /// `field` is the parameter that asked for the past.
    init(refusing error: HistoryError, field: String?) {
        switch error {
        case .positionPastHead(let asked, let head):
            self = RPCError(
                .outOfRange,
                "position \(asked) is past the head, \(head)",
                reason: "PAST_HEAD",
                field: field
            ).with("head", head)
        case .dropped(let firstHeld):
            self = .dropped(firstHeld: firstHeld)
        case .noMomentYet:
            self = RPCError(
                .outOfRange,
                "the log was empty at that position",
                reason: "EMPTY_LOG",
                field: field
            )
        }
    }

    init(refusing error: EventLogError) {
        switch error {
        case .outOfRange(let firstHeld):
            self = .dropped(firstHeld: firstHeld)
        case .damaged(let position, let reason):
            let words = EventLogError.wordsOfDamage(at: position, reason)
            self = RPCError(.dataLoss, "the log \(words)", reason: "DAMAGED")
                .with("position", position)
        case .unexpectedHead(let expected, let actual):
            self = .internalError("the log's head is \(actual.position), not \(expected.position)")
        case .storage(let reason):
            self = RPCError(.internal, "the storage refused: \(reason)", reason: "STORAGE")
        }
    }

    init(refusing error: UnexpectedHistory) {
        self = RPCError(.dataLoss, "\(error)", reason: error.isShorter ? "SHORTER_LOG" : "OTHER_LOG", field: "expect")
            .with("position", error.expected.position).with("found", error.found).with("head", error.head)
    }

    init(refusing error: ViewsError) {
        switch error {
        case .damaged(let reason):
            self = RPCError(.dataLoss, "the usage history is damaged: \(reason)", reason: "DAMAGED")
        case .storage(let reason):
            self = RPCError(.internal, "the storage refused: \(reason)", reason: "STORAGE")
        }
    }

    init(refusing error: ServiceError) {
        switch error {
        case .busy(let message): self = RPCError(.unavailable, message, reason: "BUSY")
        case .exists(let name):
            self = RPCError(.alreadyExists, "\(name) exists already", reason: "FILE_EXISTS", field: "path")
        case .stopping: self = .stopping
        case .interrupted(let task):
            self = RPCError(.unavailable, "the server is stopping: \(task) was not completed", reason: "INTERRUPTED")
        case .overloaded(let retryAfter): self = .overloaded(retryAfter: retryAfter)
        case .invalid(let field, let message): self = .invalidParams("\(field) \(message)", field: field)
        }
    }

    init(refusing rejection: AccessRejection) {
        switch rejection {
        case .idTaken:
            self = RPCError(.unavailable, "the id that was drawn is taken: try again", reason: "ID_TAKEN")
        case .adminOfLessThanEverything:
            self = .invalidParams("an admin looks after the whole server: leave orgs out", field: "orgs")
        case .expiresInThePast(let expires):
            self = .invalidParams("expires must be in the future, not \(expires)", field: "expires")
        case .tokensFull(let max):
            self = RPCError(
                .resourceExhausted,
                "there are \(max) valid tokens already, as many as there may be",
                reason: "TOKENS_MAX"
            ).with("max", max)
        case .unknownToken(let id):
            self = RPCError(.notFound, "there is no token \(id)", reason: "UNKNOWN_TOKEN", field: "id")
        }
    }

    private static func dropped(firstHeld: LogPosition) -> RPCError {
        RPCError(
            .outOfRange,
            "the events before position \(firstHeld) were dropped by retention",
            reason: "DROPPED"
        ).with("first_held", firstHeld)
    }
}

/// Failures of requests as such.
extension RPCError {
    /// The deadline passed while the request waited.
    static let deadlineExceededBeforeWork = RPCError(
        .deadlineExceeded,
        "the deadline passed before the work was begun; nothing was done",
        reason: "DEADLINE"
    ).with("outcome", "not_done")

    /// The deadline passed while the request was carried out, or its outcome made durable.
    static let deadlineExceededDuringWork = RPCError(
        .deadlineExceeded,
        "the deadline passed while the work was under way; it may have been done",
        reason: "DEADLINE"
    ).with("outcome", "unknown")

    /// The log failed before the request was answered, and the process ends.
    static func logFailed(_ failure: LogFailure) -> RPCError {
        let cause = RPCError(refusing: failure.error).message
        let outcome =
            failure.mayBeDone
            ? "it is not known whether the request was carried out: one with an id is safe to send again"
            : "nothing was done"
        return RPCError(.unavailable, "the server stops, as \(cause); \(outcome)", reason: "LOG_FAILED")
            .with("outcome", failure.mayBeDone ? "unknown" : "not_done").with("cause", cause)
    }

    /// The server takes no more requests.
    static let stopping = RPCError(.unavailable, "the server is stopping; nothing was done", reason: "STOPPING")
}
