import LineJSON

/// One named value of a contract: a parameter of a method, a member of a result, or a member of an event's data.
struct Field: Sendable {
    let name: StaticString
    let type: ValueType
    /// Whether it is always there.
    let isRequired: Bool
    /// What its absence means; nil where absence has a meaning of its own.
    let fallback: Fallback?
    /// One sentence or more, with the unit.
    let summary: String
    /// Behind the refusal of a wrong value, where its requirement alone would not say why.
    let refusalHint: String?

    /// The value that stands for an absent parameter.
    enum Fallback: Hashable, Sendable {
        case integer(Int64)
        case boolean(Bool)
        case text(String)
    }

    private init(
        _ name: StaticString,
        _ type: ValueType,
        isRequired: Bool,
        fallback: Fallback?,
        _ summary: String,
        refusalHint: String?
    ) {
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.fallback = fallback
        self.summary = summary
        self.refusalHint = refusalHint
    }

    static func required(
        _ name: StaticString,
        _ type: ValueType,
        _ summary: String,
        refusalHint: String? = nil
    ) -> Field {
        Field(name, type, isRequired: true, fallback: nil, summary, refusalHint: refusalHint)
    }

    static func optional(
        _ name: StaticString,
        _ type: ValueType,
        default fallback: Fallback? = nil,
        _ summary: String
    ) -> Field {
        Field(name, type, isRequired: false, fallback: fallback, summary, refusalHint: nil)
    }

    /// The same field where it may be left out.
    var asOptional: Field {
        Field(name, type, isRequired: false, fallback: fallback, summary, refusalHint: refusalHint)
    }
}

extension Field.Fallback: JSONWritable {
    func write(to writer: inout JSONWriter) {
        switch self {
        case .integer(let integer): writer.value(integer)
        case .boolean(let isTrue): writer.value(isTrue)
        case .text(let text): writer.value(text)
        }
    }
}

/// Parameters that several methods take.
extension Field {
    static let org = Field.required("org", .text(Bounds.name), "The Salesforce organisation.")
    static let workspace = Field.required("workspace", .text(Bounds.name), "The workspace in that org.")
    static let id = Field.optional(
        "id",
        .text(Bounds.id),
        "Idempotency id, unique in the workspace (or in the org, for a method that names none). The same id with the same "
            + "parameters is carried out once."
    )
    static let expectedVersion = Field.optional(
        "expected_version",
        .integer(Bounds.version),
        "The version that the workspace must still have, as settings.get gave it."
    )
    static let confirm = Field.optional(
        "confirm",
        .boolean,
        default: .boolean(false),
        "True stops an active bulk sync, which saving does; without it the request is refused."
    )
}

/// Members of results that several methods give.
extension Field {
    static let receiptPosition = Field.required(
        "position",
        .position,
        "The first event appended; of a duplicate, that of the original; when nothing needed to change, the head."
    )
    static let duplicate = Field.required(
        "duplicate",
        .boolean,
        "True when the id was used before with the same parameters: nothing was done again."
    )
    static let changed = Field.required("changed", .boolean, "False when nothing needed to change.")
    static let asOfPosition = Field.required("position", .position, "The last event that was taken into account.")
}
