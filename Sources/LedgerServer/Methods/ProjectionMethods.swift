import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol

/// `projections.*`: what is derived from the log.
enum ProjectionMethods {
    static let service = Service(
        name: "projections",
        summary: "What is derived from the log, and whether it still agrees with it.",
        methods: [list, rebuild, verify]
    )

    private static let list = Method(
        MethodDefinition(
            "projections.list",
            access: MethodAccess(.operator, .everything),
            "Lists the projections, and how far each is.",
            result: .object([
                .required(
                    "projections",
                    .list(
                        of: .object([
                            .required("name", .freeText, "Its name."),
                            .required(
                                "kind",
                                .choice(["live", "view"]),
                                "live: in memory, always at the head; view: in views.db, behind it."
                            ),
                            .required("position", .position, "The last event it has taken in."),
                            .required("lag", .count, "Events behind the head."),
                            .required("version", .count, "Of its encoding."),
                            .required("rebuilding", .boolean, "Whether a rebuild is under way."),
                            .required("rebuilt_to", .nullable(.position), "How far the rebuild has come; null: none."),
                        ])
                    ),
                    "The projections."
                )
            ]),
            examples: [
                .init(
                    "{}",
                    """
                    {"projections":[{"name":"quota_state","kind":"live","position":18,"lag":0,"version":1,\
                    "rebuilding":false,"rebuilt_to":null}]}
                    """
                )
            ]
        )
    ) { _, context in
        .answer { result in
            result.array("projections") { projections in
                for report in context.service.projections() { projections.object { $0.members(of: report) } }
            }
        }
    }

    private static let rebuild = Method(
        MethodDefinition(
            "projections.rebuild",
            access: MethodAccess(.operator, .everything),
            "Rebuilds the view behind usage.history while the old one serves.",
            description: "Answers when the new one is in its place; projections.list shows how far it is.",
            params: [
                .optional(
                    "name",
                    .choice([UsageHistory.name]),
                    default: .text(UsageHistory.name),
                    "The projection."
                )
            ],
            result: .object([
                .required("position", .position, "The last event it has taken in."),
                .required("events", .count, "Events it was made from."),
                .required("duration_ms", .count, "How long it took, in milliseconds."),
            ]),
            errors: [.busy, .interrupted, .dropped],
            examples: [.init("{}", #"{"position":18,"events":18,"duration_ms":12}"#)]
        )
    ) { _, context in
        .blocking { result in
            let report = try context.service.rebuildProjections()
            result.member("position", report.position)
            result.member("events", report.events)
            result.member("duration_ms", report.duration.milliseconds)
        }
    }

    private static let verify = Method(
        MethodDefinition(
            "projections.verify",
            access: MethodAccess(.operator, .everything),
            "Compares the live state with what replaying the whole log gives.",
            result: .object([
                .required("position", .position, "The position at which they were compared."),
                .required("live", .hash, "Hash of the live state."),
                .required("replay", .hash, "Hash of the state that the log gives."),
                .required(
                    "snapshot",
                    .nullable(
                        .object([
                            .required("position", .position, "The newest snapshot's position."),
                            .required("hash", .hash, "Hash of the state that it and the events behind it give."),
                        ])
                    ),
                    "Null when there is no snapshot."
                ),
                .required("equal", .boolean, "Whether all are the same."),
            ]),
            errors: [.interrupted],
            examples: [
                .init(
                    "{}",
                    """
                    {"position":18,"live":"7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",\
                    "replay":"7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069","snapshot":null,\
                    "equal":true}
                    """
                )
            ]
        )
    ) { _, context in
        .blocking { result in result.members(of: try context.service.verifyProjections()) }
    }
}
