import AccessControl
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// `settings.*`: the limit of a workspace and when its syncs pause.
enum SettingsMethods {
    static let service = Service(
        name: "settings",
        summary: "A workspace's limit, and at which percent of it syncs pause.",
        methods: [get, update]
    )

    private static let get = Method(
        MethodDefinition(
            "settings.get",
            access: MethodAccess(.reader, .workspace),
            "Gives a workspace's settings.",
            params: [.org, .workspace],
            result: .object(fields),
            errors: [.unknownOrg, .unknownWorkspace],
            examples: [.init(#"{"org":"acme","workspace":"support"}"#, example)]
        )
    ) { arguments, _ in
        let (org, workspace) = (arguments.text("org"), arguments.text("workspace"))
        return .query { result, state, moment throws(Rejection) in
            result.members(of: try state.settings(org: org, workspace: workspace), position: moment.position)
        }
    }

    private static let update = Method(
        MethodDefinition(
            "settings.update",
            access: MethodAccess(.operator, .workspace),
            "Changes a workspace's settings; what is left out stays.",
            description: """
                Saving stops an active bulk sync, also when the limit is raised: without confirm it is refused. \
                bulk_pause_percent must not be above event_pause_percent, and resume_hysteresis_percent must be below \
                bulk_pause_percent.
                """,
            params: [
                .org, .workspace,
                .optional(
                    "limit",
                    .nullable(.integer(Bounds.quantity)),
                    "Calls per 24 hours; null: the allowance. 0 pauses everything but settings at once."
                ),
                .optional(
                    "installer_email",
                    .nullable(.text(Bounds.email)),
                    "Who installed the app, and is told when a bulk sync completes; null: nobody."
                ),
                .optional(
                    "bulk_pause_percent",
                    .integer(Bounds.percent),
                    "Percent of the limit at which bulk sync pauses."
                ),
                .optional(
                    "event_pause_percent",
                    .integer(Bounds.percent),
                    "Percent of the limit at which event-based sync pauses."
                ),
                .optional(
                    "warn_percent",
                    .integer(Bounds.percent),
                    "Percent of the limit from which the first warning shows."
                ),
                .optional(
                    "resume_hysteresis_percent",
                    .integer(Bounds.hysteresisPercent),
                    "By how many percent usage must fall under a pause line before what it paused resumes."
                ),
                .confirm, .id, .expectedVersion,
            ],
            result: .object([
                .receiptPosition, .duplicate, .changed, StoppedBulkSync.field,
                .required("warnings", .list(of: .freeText), "What was accepted though it is probably not meant."),
                .required("settings", .object(fields), "The settings, as settings.get gives them."),
            ]),
            errors: [.bulkSyncActive, .idReused, .versionMismatch],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support","limit":7500}"#,
                    """
                    {"position":3,"duplicate":false,"changed":true,"stopped_bulk_sync":null,"warnings":[],\
                    "settings":\(example)}
                    """
                )
            ]
        )
    ) { arguments, _ in
        let action = Command.Action.updateSettings(change(arguments), confirm: arguments.boolean("confirm"))
        return .command(arguments, action) { result, answer throws(Rejection) in
            let report = try answer.state.settings(org: answer.org, workspace: answer.workspace)
            result.member("changed", answer.hasChanged)
            result.member("stopped_bulk_sync", answer.stoppedBulkSync)
            result.member("warnings", report.warnings)
            result.object("settings") { $0.members(of: report, position: answer.moment.position) }
        }
    }

    private static func change(_ arguments: Arguments) -> SettingsChange {
        SettingsChange(
            limit: arguments.view("limit").map(\.integer),
            installerEmail: arguments.view("installer_email").map { $0.string() },
            bulkPausePercent: arguments.optionalInteger("bulk_pause_percent"),
            eventPausePercent: arguments.optionalInteger("event_pause_percent"),
            warnPercent: arguments.optionalInteger("warn_percent"),
            resumeHysteresisPercent: arguments.optionalInteger("resume_hysteresis_percent")
        )
    }

    private static let fields: [Field] = [
        .required("org", .text(Bounds.name), "The org."),
        .required("workspace", .text(Bounds.name), "The workspace."),
        VersionResult.field,
        .required("limit", .count, "The limit in force, in calls per 24 hours."),
        .required("limit_set", .nullable(.count), "The limit that was set; null: none, the allowance is in force."),
        .required("allowance", .count, "The org's allowance, in calls per 24 hours."),
        .required("installer_email", .nullable(.freeText), "Who installed the app; null: unknown."),
        .required("bulk_pause_percent", .integer(Bounds.percent), "Percent of the limit at which bulk sync pauses."),
        .required(
            "event_pause_percent",
            .integer(Bounds.percent),
            "Percent of the limit at which event-based sync pauses."
        ),
        .required("warn_percent", .integer(Bounds.percent), "Percent of the limit from which the first warning shows."),
        .required(
            "resume_hysteresis_percent",
            .integer(Bounds.hysteresisPercent),
            "By how many percent usage must fall under a pause line before what it paused resumes."
        ),
        .asOfPosition,
    ]

    private static let example = """
        {"org":"acme","workspace":"support","version":3,"limit":7500,"limit_set":7500,"allowance":15000,\
        "installer_email":null,"bulk_pause_percent":40,"event_pause_percent":80,"warn_percent":80,\
        "resume_hysteresis_percent":0,"position":3}
        """
}

/// `stopped_bulk_sync`, as all methods that save something give it.
enum StoppedBulkSync {
    static let field = Field.required(
        "stopped_bulk_sync",
        .nullable(.integer(Bounds.number)),
        "The bulk sync that was stopped for it; null: none."
    )
}

/// `version`, as several methods give it.
enum VersionResult {
    static let field = Field.required(
        "version",
        .integer(Bounds.version),
        "The workspace's version: what expected_version is held against."
    )
}
