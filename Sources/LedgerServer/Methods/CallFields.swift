import QuotaDomain

/// The parameters with which calls are recorded: `CallParser` reads them, the catalog describes them.
enum CallFields {
    static let org = Field.required("org", .text(Bounds.name), "The org that the calls were made to.")
    static let workspace = Field.optional(
        "workspace",
        .text(Bounds.name),
        "The workspace that made them; absent: another system, which integration names."
    )
    static let integration = Field.optional(
        "integration",
        .text(Bounds.integration),
        "With a workspace, the associated app of it that made them; without, the other system."
    )
    static let purpose = Field.required("purpose", .choice(Purpose.self), "What they were made for.")
    static let calls = Field.optional("calls", .integer(Bounds.calls), default: .integer(1), "How many API calls.")
    static let verb = Field.optional("verb", .text(Bounds.verb), "The HTTP method.")
    static let resource = Field.optional("resource", .text(Bounds.resource), "The API resource.")
    static let status = Field.optional("status", .integer(Bounds.status), "The HTTP status.")
    static let at = Field.optional(
        "at",
        .instant,
        "When they were made, up to 60 s ahead of the server's clock and not before ids are held; absent: now."
    )
    static let id = Field.optional(
        "id",
        .text(Bounds.id),
        "Idempotency id, unique in the workspace. The same id with the same content is recorded once."
    )
    static let counted = Field.optional(
        "counted",
        .boolean,
        default: .boolean(true),
        "False when they do not count against the allowance."
    )

    /// Of `usage.record`, and of an element of `usage.record_batch` where the defaults leave them open.
    static let call = [org, workspace, integration, purpose, calls, verb, resource, status, at, id]

    /// Beside the list of `usage.record_batch`.
    static let batch = [
        org.asOptional, workspace, integration, purpose.asOptional, verb, resource, status, at, list,
    ]

    /// An element of `usage.record_batch`: what the defaults give may be left out.
    static let batchElement = [
        org.asOptional, workspace, integration, purpose.asOptional, calls, verb, resource, status, at, id,
    ]

    static let list = Field.required(
        "calls",
        .array(of: .object(batchElement), count: Bounds.batch),
        "The calls, in order: all are recorded, or none. What they leave out is taken from beside the list."
    )

    /// Beside the list of `usage.import`.
    static let imports = [org, importList]

    /// An element of `usage.import`.
    static let importedCall: [Field] = [
        .required(
            "id",
            .text(Bounds.id),
            "Unique among the imported calls of the org and held for ever; apart from all other ids."
        ),
        .required("at", .instant, "When they were made."),
        workspace, integration,
        .optional("purpose", .choice(Purpose.self), default: .text(Purpose.other.rawValue), "What they were made for."),
        calls, counted, verb, resource, status,
    ]

    static let importList = Field.required(
        "calls",
        .array(of: .object(importedCall), count: Bounds.batch),
        "The calls, in order: all are recorded, or none."
    )
}
