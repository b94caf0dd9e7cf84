import AccessControl
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// `bulk_sync.*`: the manual sync of all records found in both systems.
enum BulkSyncMethods {
    static let service = Service(
        name: "bulk_sync",
        summary: "The manual sync of all records that both systems have.",
        methods: [start, progress, pause, resume, stop, complete, fail, get, list]
    )

    private static let optionalSync = Field.optional(
        "sync",
        .integer(Bounds.number),
        "The bulk sync's number; absent: the latest."
    )

    private static let standing: [Field] = [
        .required("sync", .integer(Bounds.number), "The bulk sync, counted from 1 in each workspace."),
        .required("state", .choice(BulkSyncState.self), "Whether it runs, or how it ended."),
        .required("pauses", .list(of: .choice(PauseReason.self)), "Why it is paused; empty unless it is."),
    ]

    // MARK: Start and progress

    private static let start = Method(
        MethodDefinition(
            "bulk_sync.start",
            access: MethodAccess(.operator, .workspace),
            "Starts a bulk sync over everything.",
            description: """
                It begins paused when the workspace is at or over the pause line, or the allowance is used up. Of a \
                duplicate, state and pauses are those that the bulk sync has by now.
                """,
            params: [.org, .workspace, .id, .expectedVersion],
            result: .object([.receiptPosition, .duplicate] + standing),
            errors: [
                ErrorDescription(
                    .failedPrecondition,
                    "BULK_SYNC_ACTIVE",
                    "another one is active; data has sync, state, processed and total"
                ),
                .idReused, .versionMismatch,
            ],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support"}"#,
                    #"{"position":10,"duplicate":false,"sync":1,"state":"running","pauses":[]}"#
                )
            ]
        )
    ) { arguments, _ in
        .command(arguments, .startBulkSync) { result, answer throws(Rejection) in
            try result.standingOfStarted(by: answer)
        }
    }

    private static let counts: [Field] = [
        .required("total", .integer(Bounds.records), "Records found in both systems."),
        .required(
            "processed",
            .integer(Bounds.records),
            "Records looked at: updated, unchanged, skipped and failed together; never less than before."
        ),
        .required("updated", .integer(Bounds.records), "Records with attributes that were written."),
        .required("unchanged", .integer(Bounds.records), "Records whose attributes were equal already."),
        .required("skipped", .integer(Bounds.records), "Records left out."),
        .required("failed", .integer(Bounds.records), "Records with a sync error."),
    ]

    private static let progress = Method(
        MethodDefinition(
            "bulk_sync.progress",
            access: MethodAccess(.recorder, .workspace),
            "Records how far a bulk sync has come.",
            params: [.org, .workspace, .required("sync", .integer(Bounds.number), "The bulk sync's number.")] + counts
                + [.id],
            result: .object([.receiptPosition, .duplicate, .changed] + standing),
            errors: [.bulkSyncNotActive, .unknownOrg, .unknownWorkspace, .unknownBulkSync, .idReused],
            examples: [
                .init(
                    """
                    {"org":"acme","workspace":"support","sync":1,"total":1000,"processed":10,"updated":4,"unchanged":5,\
                    "skipped":0,"failed":1}
                    """,
                    #"{"position":11,"duplicate":false,"changed":true,"sync":1,"state":"running","pauses":[]}"#
                )
            ]
        )
    ) { arguments, _ in
        let sync = arguments.integer("sync")
        let progress = BulkSyncProgress(
            total: arguments.integer("total"),
            processed: arguments.integer("processed"),
            updated: arguments.integer("updated"),
            unchanged: arguments.integer("unchanged"),
            skipped: arguments.integer("skipped"),
            failed: arguments.integer("failed")
        )
        return .command(arguments, .progressBulkSync(sync: sync, progress)) { result, answer throws(Rejection) in
            result.member("changed", answer.hasChanged)
            try result.standing(after: answer, sync: sync)
        }
    }

    // MARK: Pause and end

    private static let pause = change(
        "bulk_sync.pause",
        .operator,
        "Pauses a bulk sync for the operator's reason.",
        description: "Pausing twice changes nothing. Its other reasons are not touched.",
        example: #""changed":true,"sync":1,"state":"paused","pauses":["operator"]"#
    ) { _, sync in .pauseBulkSync(sync: sync) }

    private static let resume = change(
        "bulk_sync.resume",
        .operator,
        "Takes the operator's reason to pause away.",
        description: "It stays paused while there is another reason.",
        example: #""changed":true,"sync":1,"state":"running","pauses":[]"#
    ) { _, sync in .resumeBulkSync(sync: sync) }

    private static let stop = change(
        "bulk_sync.stop",
        .operator,
        "Stops a bulk sync for good, paused or not.",
        description: "It cannot be resumed: the next one starts over.",
        example: #""changed":true,"sync":1,"state":"stopped","pauses":[]"#
    ) { _, sync in .stopBulkSync(sync: sync) }

    private static let complete = change(
        "bulk_sync.complete",
        .recorder,
        "Records that a bulk sync went through all records.",
        description: "Accepted of a paused one too: its last records may be done as the pause comes.",
        example: #""changed":true,"sync":1,"state":"completed","pauses":[]"#
    ) { _, sync in .completeBulkSync(sync: sync) }

    private static let fail = change(
        "bulk_sync.fail",
        .recorder,
        "Records that a bulk sync could not go on.",
        params: [
            .required("code", .text(Bounds.code), "What went wrong, for programs."),
            .required("message", .text(Bounds.message), "What went wrong, for people."),
        ],
        exampleParams: #","code":"INVALID_SESSION_ID","message":"Session expired or invalid""#,
        example: #""changed":true,"sync":1,"state":"failed","pauses":[]"#
    ) { arguments, sync in
        .failBulkSync(sync: sync, Failure(code: arguments.text("code"), message: arguments.text("message")))
    }

    /// A command on an active bulk sync: the one of the given number, or the latest.
    private static func change(
        _ name: StaticString,
        _ role: Role,
        _ summary: String,
        description: String = "",
        params: [Field] = [],
        exampleParams: String = "",
        example: String,
        action: @escaping @Sendable (Arguments, Int64?) -> Command.Action
    ) -> Method {
        let definition = MethodDefinition(
            name,
            access: MethodAccess(role, .workspace),
            summary,
            description: description,
            params: [.org, .workspace, optionalSync] + params + [.id, .expectedVersion],
            result: .object([.receiptPosition, .duplicate, .changed] + standing),
            errors: [
                .bulkSyncNotActive, .unknownOrg, .unknownWorkspace, .unknownBulkSync, .idReused, .versionMismatch,
            ],
            examples: [
                .init(
                    #"{"org":"acme","workspace":"support"\#(exampleParams)}"#,
                    #"{"position":12,"duplicate":false,\#(example)}"#
                )
            ]
        )
        return Method(definition) { arguments, _ in
            let sync = arguments.optionalInteger("sync")
            return .command(arguments, action(arguments, sync)) { result, answer throws(Rejection) in
                result.member("changed", answer.hasChanged)
                try result.standing(after: answer, sync: sync)
            }
        }
    }

    // MARK: Questions

    private static let details: [Field] =
        standing + [
            .required("started_at", .instant, "When it was started."),
            .required("ended_at", .nullable(.instant), "When it ended; null while it is active."),
        ]
        + ["total", "processed", "updated", "unchanged", "skipped", "failed"].map { name in
            .required(name, .nullable(.count), "As last recorded by bulk_sync.progress; null before.")
        } + [
            .required("cause", .nullable(.choice(StopCause.self)), "Why it was stopped; null unless it was."),
            .required(
                "failure",
                .nullable(
                    .object([
                        .required("code", .freeText, "What went wrong, for programs."),
                        .required("message", .freeText, "What went wrong, for people."),
                    ])
                ),
                "Why it failed; null unless it did."
            ),
        ]

    private static let example = """
        "sync":1,"state":"stopped","pauses":[],"started_at":"2026-11-21T17:54:01.123Z",\
        "ended_at":"2026-11-21T18:00:00.000Z","total":1000,"processed":10,"updated":4,"unchanged":5,"skipped":0,\
        "failed":1,"cause":"settings_changed","failure":null
        """

    private static let get = Method(
        MethodDefinition(
            "bulk_sync.get",
            access: MethodAccess(.reader, .workspace),
            "Gives the latest bulk sync, or one by its number.",
            params: [.org, .workspace, optionalSync],
            result: .object(details + [VersionResult.field]),
            errors: [
                .unknownOrg, .unknownWorkspace, .unknownBulkSync,
                ErrorDescription(.failedPrecondition, "BULK_SYNC_NOT_ACTIVE", "none was started yet"),
            ],
            examples: [.init(#"{"org":"acme","workspace":"support"}"#, "{\(example),\"version\":14}")]
        )
    ) { arguments, _ in
        let (org, workspace) = (arguments.text("org"), arguments.text("workspace"))
        let sync = arguments.optionalInteger("sync")
        return .query { result, state, _ throws(Rejection) in
            result.members(of: try state.bulkSync(org: org, workspace: workspace, sync: sync))
            result.member("version", state.version(org: org, workspace: workspace))
        }
    }

    private static let list = Method(
        MethodDefinition(
            "bulk_sync.list",
            access: MethodAccess(.reader, .workspace),
            "Lists a workspace's bulk syncs, the newest first.",
            params: [
                .org, .workspace,
                .optional("limit", .integer(Bounds.listLimit), default: .integer(50), "How many at most."),
            ],
            result: .object([.required("syncs", .list(of: .object(details)), "The bulk syncs.")]),
            errors: [.unknownOrg, .unknownWorkspace],
            examples: [.init(#"{"org":"acme","workspace":"support"}"#, "{\"syncs\":[{\(example)}]}")]
        )
    ) { arguments, _ in
        let (org, workspace) = (arguments.text("org"), arguments.text("workspace"))
        let limit = Int(arguments.integer("limit"))
        return .query { result, state, _ throws(Rejection) in
            let reports = try state.bulkSyncs(org: org, workspace: workspace, limit: limit)
            result.array("syncs") { syncs in
                for report in reports { syncs.object { $0.members(of: report) } }
            }
        }
    }
}

extension JSONWriter {
    /// How the bulk sync stands that the command started, or that it had started when it is a duplicate.
    fileprivate mutating func standingOfStarted(by answer: CommandAnswer) throws(Rejection) {
        let started = answer.state.bulkSync(
            org: answer.org,
            workspace: answer.workspace,
            startedAt: answer.receipt.position
        )
        guard let started else { return try standing(after: answer, sync: nil) }
        standing(of: started)
    }

    /// How the bulk sync stands that a command was about; the latest when it named none.
    fileprivate mutating func standing(after answer: CommandAnswer, sync: Int64?) throws(Rejection) {
        standing(of: try answer.state.bulkSync(org: answer.org, workspace: answer.workspace, sync: sync))
    }
}
