import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// `org.*`: the shared allowance of a Salesforce org.
enum OrgMethods {
    static let service = Service(
        name: "org",
        summary: "The Salesforce org and its shared allowance.",
        methods: [configure, observe, get, list]
    )

    // MARK: org.configure

    private static let configure = Method(
        MethodDefinition(
            "org.configure",
            access: MethodAccess(.operator, .org),
            "Sets an org's allowance, or for how long ids are held.",
            description: "The allowance in force is the latest of those configured and observed.",
            params: [
                .org,
                .optional("allowance", .integer(Bounds.quantity), "Calls per 24 hours that Salesforce gives the org."),
                .optional(
                    "idempotency_days",
                    .integer(Bounds.idempotencyDays),
                    "Days for which idempotency ids are held."
                ),
                .id,
            ],
            result: .object([
                .receiptPosition, .duplicate, .changed,
                .required("org", .object(OrgResult.fields), "The org, as org.get gives it."),
            ]),
            errors: [.idReused],
            examples: [
                .init(
                    #"{"org":"acme","allowance":15000}"#,
                    #"{"position":1,"duplicate":false,"changed":true,"org":\#(OrgResult.example)}"#
                )
            ]
        )
    ) { arguments, _ in
        let action = Command.Action.configureOrg(
            allowance: arguments.optionalInteger("allowance"),
            idempotencyDays: arguments.optionalInteger("idempotency_days").map { Int($0) }
        )
        return .command(arguments, action) { result, answer throws(Rejection) in
            result.member("changed", answer.hasChanged)
            try result.memberOrg(answer.org, answer.state, answer.moment)
        }
    }

    // MARK: org.observe

    private static let observe = Method(
        MethodDefinition(
            "org.observe",
            access: MethodAccess(.recorder, .org),
            "Records what Salesforce itself reported of the allowance.",
            description: """
                In whichever form Salesforce gave it: two numbers, the Sforce-Limit-Info header, the body of /limits, \
                or the body of a refused call (HTTP 403). A refusal for too many concurrent requests says nothing \
                about the allowance: nothing is recorded and observed is false.
                """,
            params: [
                .org,
                .optional("used", .integer(Bounds.quantity), "Calls used in the last 24 hours."),
                .optional("allowance", .integer(Bounds.quantity), "Calls allowed in 24 hours."),
                .optional(
                    "sforce_limit_info",
                    .text(Bounds.limitInfo),
                    "The header's value, such as api-usage=18/5000; other keys in it are ignored."
                ),
                .optional("limits", .anyObject, "The body of /limits."),
                .optional(
                    "error",
                    .oneOf([.anyArray, .anyObject, .text(Bounds.errorBody)]),
                    "The body of the refused call."
                ),
                .optional("at", .instant, "When Salesforce reported it, at most 1 hour ago; absent: now."),
                .id,
            ],
            rules: [.exactlyOne(of: [["used", "allowance"], ["sforce_limit_info"], ["limits"], ["error"]])],
            result: .object([
                .receiptPosition, .duplicate,
                .required("observed", .boolean, "False when what was reported says nothing about the allowance."),
                .required(
                    "org",
                    .nullable(.object(OrgResult.fields)),
                    "The org, as org.get gives it; null when it is unknown and nothing was recorded."
                ),
            ]),
            errors: [.idReused],
            examples: [
                .init(
                    #"{"org":"acme","sforce_limit_info":"api-usage=5990/15000"}"#,
                    #"{"position":2,"duplicate":false,"observed":true,"org":\#(OrgResult.example)}"#
                )
            ]
        )
    ) { arguments, _ throws(RPCError) in
        guard let action = try OrgObservation.action(arguments) else { return nothingObserved(arguments.text("org")) }
        return .command(arguments, action) { result, answer throws(Rejection) in
            result.member("observed", true)
            try result.memberOrg(answer.org, answer.state, answer.moment)
        }
    }

    private static func nothingObserved(_ org: String) -> Routed {
        .query { result, state, moment in
            result.member("position", moment.position)
            result.member("duplicate", false)
            result.member("observed", false)
            if let report = try? state.org(org, at: moment.now) {
                result.object("org") { $0.members(of: report, position: moment.position) }
            } else {
                result.memberNull("org")
            }
        }
    }

    // MARK: org.get, org.list

    private static let get = Method(
        MethodDefinition(
            "org.get",
            access: MethodAccess(.reader, .totals),
            "Gives the state of an org's allowance.",
            params: [.org],
            result: .object(OrgResult.fields),
            errors: [.unknownOrg],
            examples: [.init(#"{"org":"acme"}"#, OrgResult.example)]
        )
    ) { arguments, _ in
        let org = arguments.text("org")
        return .query { result, state, moment throws(Rejection) in
            result.members(of: try state.org(org, at: moment.now), position: moment.position)
        }
    }

    private static let list = Method(
        MethodDefinition(
            "org.list",
            access: MethodAccess(.reader, .orgs),
            "Lists all orgs by name: those in which the token's scope holds something.",
            result: .object([
                .required(
                    "orgs",
                    .list(
                        of: .object([
                            OrgResult.org, OrgResult.allowance, OrgResult.orgUsed, OrgResult.percent,
                            OrgResult.workspaces,
                        ])
                    ),
                    "The orgs."
                )
            ]),
            examples: [
                .init(
                    "{}",
                    #"{"orgs":[{"org":"acme","allowance":15000,"org_used":5990,"percent":39.9,"workspaces":2}]}"#
                )
            ]
        )
    ) { _, context in
        let scope = context.grant.scope
        return .query { result, state, moment in
            result.array("orgs") { orgs in
                for report in state.orgs(at: moment.now) where scope.touches(org: report.org) {
                    orgs.object { $0.rowMembers(of: report) }
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func memberOrg(_ org: String, _ state: QuotaState, _ moment: Moment) throws(Rejection) {
        let report = try state.org(org, at: moment.now)
        object("org") { $0.members(of: report, position: moment.position) }
    }
}

/// The schema of an org, as several methods give it.
private enum OrgResult {
    static let org = Field.required("org", .text(Bounds.name), "The org.")
    static let allowance = Field.required("allowance", .count, "Calls per 24 hours.")
    static let orgUsed = Field.required(
        "org_used",
        .count,
        "Calls of the last 24 hours: those recorded here and those nobody recorded."
    )
    static let percent = Field.required(
        "percent",
        .nullable(.number),
        "org_used of the allowance, cut to one decimal; null when that is 0."
    )
    static let workspaces = Field.required("workspaces", .count, "How many workspaces it has.")

    static let fields: [Field] = [
        org, allowance,
        .required("allowance_source", .choice(AllowanceSource.self), "Where the allowance came from."),
        .required("recorded", .count, "Calls of the last 24 hours that were recorded here."),
        .required("workspaces_used", .count, "Those of workspaces."),
        .required("integrations_used", .count, "Those of integrations without a workspace."),
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
        orgUsed, percent,
        .required("allowance_exhausted", .boolean, "True when org_used has reached the allowance: everything stops."),
        ObservationResult.field,
        .required("idempotency_days", .integer(Bounds.idempotencyDays), "Days for which ids are held."),
        workspaces,
        .required("as_of", .instant, "The end of the 24 hours."),
        .asOfPosition,
    ]

    static let example = """
        {"org":"acme","allowance":15000,"allowance_source":"observed","recorded":5000,"workspaces_used":4000,\
        "integrations_used":1000,"unattributed":990,"drift":0,"org_used":5990,"percent":39.9,\
        "allowance_exhausted":false,"observation":{"used":5990,"allowance":15000,"at":"2026-11-21T17:54:01.123Z",\
        "source":"header","age_ms":0},"idempotency_days":7,"workspaces":2,"as_of":"2026-11-21T17:54:01.123Z",\
        "position":2}
        """
}

/// The schema of an observation, as `org.get` and `usage.get` give it.
enum ObservationResult {
    static let field = Field.required(
        "observation",
        .nullable(
            .object([
                .required("used", .count, "Calls used, as Salesforce reported."),
                .required("allowance", .count, "Calls allowed, as Salesforce reported."),
                .required("at", .instant, "When."),
                .required("source", .choice(ObservationSource.self), "In which form."),
                .required("age_ms", .count, "Its age in milliseconds at as_of."),
            ])
        ),
        "What Salesforce last reported; null when that is more than 24 hours old."
    )
}
