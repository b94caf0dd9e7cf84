import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain
import SQLiteEventLog

/// `usage.*`: recording calls, and who used the allowance.
enum UsageMethods {
    static let service = Service(
        name: "usage",
        summary: "Recording API calls, and who used the allowance, now and at any time.",
        methods: [record, recordBatch, importCalls, get, history]
    )

    // MARK: Recording

    private static let tier = Field.required(
        "tier",
        .nullable(.choice(Tier.self)),
        "The tier of the (last call's) workspace after it; null without one."
    )

    private static let record = Method(
        MethodDefinition(
            "usage.record",
            access: MethodAccess(.recorder, .calls),
            "Records API calls.",
            params: CallFields.call,
            rules: [.atLeastOne(of: ["workspace", "integration"])],
            result: .object([
                .required("position", .position, "The event; of a duplicate, that of the original."), tier, .duplicate,
            ]),
            errors: [.idReused, .beforeHorizon],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support","purpose":"inbox","calls":2,"id":"a1"}"#,
                    #"{"position":6,"tier":"normal","duplicate":false}"#
                )
            ]
        ),
        recording: .record
    )

    private static let receipt: [Field] = [
        .required("position", .position, "The first new event; when there is none, the first original."),
        .required("last_position", .position, "The last new event; when there is none, the last original."),
        .required("recorded", .count, "New events."),
        .required("duplicates", .count, "Calls that were recorded before."),
    ]

    private static let recordBatch = Method(
        MethodDefinition(
            "usage.record_batch",
            access: MethodAccess(.recorder, .calls),
            "Records many API calls at once, all or none.",
            description: """
                Every call needs an org, a purpose, and a workspace or an integration, from itself or from beside the \
                list.
                """,
            params: CallFields.batch,
            result: .object(receipt + [tier]),
            errors: [.idReused, .beforeHorizon],
            examples: [
                .init(
                    """
                    {"org":"acme","workspace":"support","purpose":"event_sync","calls":[{"id":"b1"},\
                    {"id":"b2","calls":3}]}
                    """,
                    #"{"position":7,"last_position":8,"recorded":2,"duplicates":0,"tier":"normal"}"#
                )
            ]
        ),
        recording: .batch
    )

    private static let importCalls = Method(
        MethodDefinition(
            "usage.import",
            // Its ids are unique in the org: by those of one workspace calls of another could be found out or kept away.
            access: MethodAccess(.recorder, .org),
            "Records API calls of the past, as Salesforce's event log files have them, all or none.",
            description: "Every call needs a workspace or an integration. Importing a call twice records it once.",
            params: CallFields.imports,
            result: .object(receipt),
            examples: [
                .init(
                    """
                    {"org":"acme","calls":[{"id":"TID:1","at":"2026-11-20T08:00:00Z","integration":"Data Loader",\
                    "calls":4}]}
                    """,
                    #"{"position":9,"last_position":9,"recorded":1,"duplicates":0}"#
                )
            ]
        ),
        recording: .imported
    )

    // MARK: usage.get

    private static let get = Method(
        MethodDefinition(
            "usage.get",
            access: MethodAccess(.reader, .workspace),
            "Gives the usage of a workspace, and what may run: now, at an instant, or as of a position.",
            description: """
                At an instant: the 24 hours that ended then, from all calls known now. As of a position: from what the \
                log held by then, at the time of that event unless an instant is given too.
                """,
            params: [
                .org, .workspace,
                .optional("at", .instant, "The end of the 24 hours asked about; absent: now."),
                .optional("as_of_position", .integer(Bounds.position), "The last event to take into account."),
            ],
            result: .object(usage),
            errors: [
                .unknownOrg, .unknownWorkspace, .dropped,
                ErrorDescription(.outOfRange, "PAST_HEAD", "as_of_position is past the head; data has head"),
                ErrorDescription(.outOfRange, "EMPTY_LOG", "the log was empty at that position"),
            ],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support"}"#,
                    """
                    {"org":"acme","workspace":"support","as_of":"2026-11-21T17:54:01.123Z","position":9,\
                    "allowance":15000,"limit":15000,"used_by_workspace":2918,"used_by_others":3072,"others":{\
                    "workspaces":2000,"integrations":82,"unattributed":990,"drift":0},"org_used":5990,"percent":19.4,\
                    "tier":"normal","paused":[],"warning":null,"allowance_exhausted":false,"next_change_at":null,\
                    "observation":{"used":5990,"allowance":15000,"at":"2026-11-21T17:54:01.123Z","source":"header",\
                    "age_ms":0}}
                    """
                )
            ]
        )
    ) { arguments, context in
        let (org, workspace) = (arguments.text("org"), arguments.text("workspace"))
        let at = arguments.optionalInstant("at")
        let asOf = arguments.optionalPosition("as_of_position")
        guard at != nil || asOf != nil else {
            return .query { result, state, moment throws(Rejection) in
                let report = try state.usage(org: org, workspace: workspace, at: moment.now)
                result.members(of: report, position: moment.position)
            }
        }
        return .blocking { result in
            do {
                let answer = try context.service.usage(org: org, workspace: workspace, at: at, asOfPosition: asOf)
                result.members(of: answer.report, position: answer.position)
            } catch let error as HistoryError {
                throw RPCError(refusing: error, field: "as_of_position")
            }
        }
    }

    private static let usage: [Field] = [
        .required("org", .text(Bounds.name), "The org."),
        .required("workspace", .text(Bounds.name), "The workspace."),
        .required("as_of", .instant, "The end of the 24 hours."),
        .asOfPosition,
        .required("allowance", .count, "Calls per 24 hours that the org has."),
        .required("limit", .count, "Calls per 24 hours that the workspace may make."),
        .required("used_by_workspace", .count, "Calls of the workspace and its associated apps."),
        .required("used_by_others", .count, "Calls of everybody else in the org: the three numbers of others."),
        .required("others", .object(others), "Who the others are."),
        .required("org_used", .count, "Calls of the whole org."),
        .required(
            "percent",
            .nullable(.number),
            "used_by_workspace of the limit, cut to one decimal; null when the limit is 0. "
                + "Tiers follow from exact counts."
        ),
        .required("tier", .choice(Tier.self), "What of the sync may still run."),
        .required("paused", .list(of: .choice(Purpose.self)), "The purposes for which no calls may be made."),
        .required("warning", .nullable(.freeText), "What the app's settings show; null: nothing."),
        .required("allowance_exhausted", .boolean, "True when org_used has reached the allowance: everything stops."),
        .required(
            "next_change_at",
            .nullable(.instant),
            "When the tier next falls if no call is made; null: it does not, or the question was about the past."
        ),
        ObservationResult.field,
    ]

    private static let others: [Field] = [
        .required("workspaces", .count, "Calls of the org's other workspaces."),
        .required("integrations", .count, "Calls of integrations without a workspace."),
        .required(
            "unattributed",
            .nullable(.count),
            "Reported by Salesforce, recorded by nobody here; null without an observation of the last 24 hours."
        ),
        .required(
            "drift",
            .nullable(.count),
            "By how much more was recorded here than Salesforce reported; null as unattributed is."
        ),
    ]

    // MARK: usage.history

    private static let history = Method(
        MethodDefinition(
            "usage.history",
            access: MethodAccess(.reader, .workspace),
            "Counts calls by hour or day, and by who made them for what.",
            description: """
                Whole buckets of UTC are taken: from is rounded down, to up. Buckets without calls have no row. \
                Resources are grouped by kind: ids in them are left out.
                """,
            params: [
                .org,
                .optional("workspace", .text(Bounds.name), "Only its calls; absent: those of the whole org."),
                .required("from", .instant, "The beginning of the range of the calls' dates."),
                .required("to", .instant, "Its end, not before from."),
                .optional(
                    "bucket",
                    .choice(HistoryBucket.self),
                    default: .text(HistoryBucket.hour.rawValue),
                    "The length of a bucket."
                ),
                .optional(
                    "group_by",
                    .array(of: .choice(UsageDimension.self), count: 0...UsageDimension.allCases.count),
                    "What to count apart; each at most once; absent: nothing."
                ),
            ],
            result: .object([
                .required("org", .text(Bounds.name), "The org."),
                .optional("workspace", .text(Bounds.name), "The workspace; absent for a whole org."),
                .required("from", .instant, "The beginning of the first bucket."),
                .required("to", .instant, "The end of the last bucket."),
                .required("bucket", .choice(HistoryBucket.self), "The length of a bucket."),
                .required("group_by", .list(of: .choice(UsageDimension.self)), "What is counted apart."),
                .asOfPosition,
                .required("rows", .list(of: .object(historyRow)), "By bucket, then by what is counted apart."),
                .required(
                    "truncated",
                    .boolean,
                    "True when there were more than \(Bounds.historyRowsMax) rows: ask for less at a time."
                ),
            ]),
            errors: [.unknownOrg],
            examples: [
                .init(
                    """
                    {"org":"acme","from":"2026-11-21T00:00:00Z","to":"2026-11-22T00:00:00Z","group_by":["purpose"]}
                    """,
                    """
                    {"org":"acme","from":"2026-11-21T00:00:00.000Z","to":"2026-11-22T00:00:00.000Z","bucket":"hour",\
                    "group_by":["purpose"],"position":9,"rows":[{"bucket":"2026-11-21T17:00:00.000Z","purpose":"inbox",\
                    "calls":2,"uncounted":0}],"truncated":false}
                    """
                )
            ]
        )
    ) { arguments, context throws(RPCError) in
        let question = try historyQuestion(arguments)
        return .blocking { result in
            result.members(of: try context.service.history(question), to: question)
        }
    }

    private static let historyRow: [Field] =
        [.required("bucket", .instant, "The bucket's beginning.")]
        + UsageDimension.allCases.map { dimension in
            .optional(dimension.fieldName, dimension.fieldType, "When grouped by it; null: none was named.")
        } + [
            .required("calls", .count, "Calls that count against the allowance."),
            .required("uncounted", .count, "Calls that do not."),
        ]

    private static func historyQuestion(_ arguments: Arguments) throws(RPCError) -> HistoryQuestion {
        let (from, to) = (arguments.instant("from"), arguments.instant("to"))
        guard from <= to else { throw .invalidParams("to must not be before from", field: "to") }
        return HistoryQuestion(
            org: arguments.text("org"),
            workspace: arguments.optionalText("workspace"),
            from: from,
            to: to,
            bucket: arguments.choice("bucket", HistoryBucket.self),
            groupBy: try groupBy(arguments),
            rowsMax: Bounds.historyRowsMax
        )
    }

    private static func groupBy(_ arguments: Arguments) throws(RPCError) -> [UsageDimension] {
        guard let list = arguments.view("group_by") else { return [] }
        let dimensions = list.elements.compactMap { $0.string().flatMap(UsageDimension.init(rawValue:)) }
        guard Set(dimensions).count == dimensions.count else {
            throw .invalidParams("group_by names something twice", field: "group_by")
        }
        return dimensions
    }
}

extension UsageDimension {
    /// The member of a row that holds it.
    fileprivate var fieldName: StaticString {
        switch self {
        case .workspace: "workspace"
        case .integration: "integration"
        case .purpose: "purpose"
        case .verb: "verb"
        case .resource: "resource"
        case .status: "status"
        }
    }

    fileprivate var fieldType: ValueType {
        self == .status ? .nullable(.integer(Bounds.status)) : .nullable(.freeText)
    }
}
