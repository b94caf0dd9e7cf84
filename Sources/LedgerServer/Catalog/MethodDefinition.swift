import LineProtocol

/// The contract of one method: everything that clients may rely on.
struct MethodDefinition: Sendable {
    /// `service.method`.
    let name: StaticString
    /// Who may call it, and on what.
    let access: MethodAccess
    /// One sentence.
    let summary: String
    /// What the summary leaves out; may be empty.
    let description: String
    let params: [Field]
    /// What the fields alone do not say.
    let rules: [Rule]
    let result: ValueType
    /// The method's own errors, besides those that every method has.
    let errors: [ErrorDescription]
    let examples: [Example]

    init(
        _ name: StaticString,
        access: MethodAccess,
        _ summary: String,
        description: String = "",
        params: [Field] = [],
        rules: [Rule] = [],
        result: ValueType,
        errors: [ErrorDescription] = [],
        examples: [Example]
    ) {
        self.name = name
        self.access = access
        self.summary = summary
        self.description = description
        self.params = params
        self.rules = rules
        self.result = result
        self.errors = errors
        self.examples = examples
    }

    /// What stands before the dot; `help` has none and belongs to the server's own.
    var service: String {
        let name = name.description
        return name.firstIndex(of: ".").map { String(name[..<$0]) } ?? "server"
    }

    /// A condition on several parameters.
    enum Rule: Sendable {
        /// The parameters of exactly one group are given, and all of that group.
        case exactlyOne(of: [[StaticString]])
        case atLeastOne(of: [StaticString])
    }

    /// A request and its answer, as JSON texts.
    struct Example: Sendable {
        let params: String
        let result: String

        init(_ params: String = "{}", _ result: String) {
            self.params = params
            self.result = result
        }
    }
}

/// A failure that a caller has to reckon with.
struct ErrorDescription: Sendable {
    let status: StatusCode
    /// `data.reason`.
    let reason: StaticString
    /// Completes "when".
    let condition: String

    init(_ status: StatusCode, _ reason: StaticString, _ condition: String) {
        self.status = status
        self.reason = reason
        self.condition = condition
    }
}

extension ErrorDescription {
    static let unknownOrg = ErrorDescription(.notFound, "UNKNOWN_ORG", "no event names the org")
    static let unknownWorkspace = ErrorDescription(
        .notFound,
        "UNKNOWN_WORKSPACE",
        "no event names the workspace in this org"
    )
    static let idReused = ErrorDescription(
        .alreadyExists,
        "ID_REUSED",
        "the id was used before with other parameters"
    )
    static let versionMismatch = ErrorDescription(
        .aborted,
        "VERSION_MISMATCH",
        "the workspace has changed since expected_version; data has expected and actual"
    )
    static let bulkSyncActive = ErrorDescription(
        .failedPrecondition,
        "BULK_SYNC_ACTIVE",
        "a bulk sync is active and confirm is not true; data has sync, state, processed, total and impact"
    )
    static let bulkSyncNotActive = ErrorDescription(
        .failedPrecondition,
        "BULK_SYNC_NOT_ACTIVE",
        "the bulk sync is over, or there is none; data has sync and state"
    )
    static let unknownBulkSync = ErrorDescription(.notFound, "UNKNOWN_BULK_SYNC", "there is no such bulk sync")
    static let unknownSyncError = ErrorDescription(
        .notFound,
        "UNKNOWN_SYNC_ERROR",
        "there is no such sync error, or it is resolved"
    )
    static let beforeHorizon = ErrorDescription(
        .outOfRange,
        "BEFORE_HORIZON",
        "at is before ids are held, so it may be a repetition; data has the horizon"
    )
    static let dropped = ErrorDescription(
        .outOfRange,
        "DROPPED",
        "the events needed were dropped by retention; data has first_held"
    )
    static let pastHead = ErrorDescription(
        .outOfRange,
        "PAST_HEAD",
        "the position is past what comes next; data has head"
    )
    static let busy = ErrorDescription(.unavailable, "BUSY", "the same work, or work that excludes it, is under way")
    static let interrupted = ErrorDescription(
        .unavailable,
        "INTERRUPTED",
        "the server is stopping, and the work was not completed"
    )
}
