import AccessControl
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// `event_sync.*`: the sync of changes every five minutes.
enum EventSyncMethods {
    static let service = Service(
        name: "event_sync",
        summary: "The sync of changes, which looks for them every five minutes.",
        methods: [get]
    )

    private static let get = Method(
        MethodDefinition(
            "event_sync.get",
            access: MethodAccess(.reader, .workspace),
            "Tells whether event-based sync runs, and when it next looks for changes.",
            params: [.org, .workspace],
            result: .object([
                .required("state", .choice(["running", "paused"]), "Whether it runs."),
                .required("reasons", .list(of: .choice(PauseReason.self)), "Why it is paused; empty while it runs."),
                .required("since", .nullable(.instant), "When it came into this state; null when it never was paused."),
                .required("poll_interval_ms", .count, "How often it looks for changes, in milliseconds."),
                .required("next_poll_at", .nullable(.instant), "When it next does; null while it is paused."),
            ]),
            errors: [.unknownOrg, .unknownWorkspace],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support"}"#,
                    """
                    {"state":"running","reasons":[],"since":null,"poll_interval_ms":300000,\
                    "next_poll_at":"2026-11-21T17:55:00.000Z"}
                    """
                )
            ]
        )
    ) { arguments, _ in
        let (org, workspace) = (arguments.text("org"), arguments.text("workspace"))
        return .query { result, state, moment throws(Rejection) in
            result.members(of: try state.eventSync(org: org, workspace: workspace, at: moment.now))
        }
    }
}
