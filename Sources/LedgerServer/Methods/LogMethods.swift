import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol

/// `log.*`: looking after the log's files.
enum LogMethods {
    static let service = Service(
        name: "log",
        summary: "The log's files: sizes, snapshots, compaction, verification and backups.",
        methods: [stats, snapshot, compact, verify, backup]
    )

    private static let headType = ValueType.object([
        .required("position", .position, "Of the last event; 0 in an empty log."),
        .required("hash", .hash, "Of the chain up to it."),
    ])
    private static let head = Field.required("head", headType, "The end of the log.")
    private static let firstHeld = Field.required(
        "first_held",
        .position,
        "The first event that retention has not dropped."
    )

    private static let byteFields: [Field] = [
        .required("lines", .count, "Of the lines held, before compression."),
        .required("bodies", .count, "Of the stored bodies."),
        .required("database", .count, "Of ledger.db."),
        .required("wal", .count, "Of its write-ahead log."),
    ]

    private static let stats = Method(
        MethodDefinition(
            "log.stats",
            access: MethodAccess(.operator, .everything),
            "Tells how large the log is.",
            description: "Counts all rows: about a second for ten million blocks.",
            result: .object([
                head, firstHeld,
                .required("events", .count, "Events ever recorded."),
                .required("blocks", .count, "Rows that they are stored in."),
                .required("packed_blocks", .count, "Those that hold several commits."),
                .required("time_first", .nullable(.instant), "Of the first event; null in an empty log."),
                .required("time_last", .nullable(.instant), "Of the last event; null in an empty log."),
                .required("bytes", .object(byteFields), "Sizes in bytes."),
                .required(
                    "snapshots",
                    .list(
                        of: .object([
                            .required("position", .position, "Of the last event in it."),
                            .required("time", .instant, "Of that event."),
                            .required("bytes", .count, "Before compression."),
                            .required("set_aside", .nullable(.freeText), "Why it is not used; null: it is."),
                        ])
                    ),
                    "The newest first."
                ),
            ]),
            examples: [
                .init(
                    "{}",
                    """
                    {"head":{"position":18,"hash":"7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"},\
                    "first_held":1,"events":18,"blocks":12,"packed_blocks":0,"time_first":"2026-11-21T17:54:01.123Z",\
                    "time_last":"2026-11-21T18:00:00.000Z","bytes":{"lines":3100,"bodies":3100,"database":45056,\
                    "wal":8272},"snapshots":[]}
                    """
                )
            ]
        )
    ) { _, context in
        .blocking { result in
            result.members(of: try context.service.logStatistics(), snapshots: try context.service.snapshots())
        }
    }

    private static let snapshot = Method(
        MethodDefinition(
            "log.snapshot",
            access: MethodAccess(.admin, .everything),
            "Saves the live state, so that the next start need not replay the log.",
            result: .object([
                .required("position", .position, "Of the last event in it."),
                .required("bytes", .count, "Of the encoded state, before compression."),
                .required("state_hash", .hash, "Of the encoded state."),
            ]),
            examples: [
                .init(
                    "{}",
                    """
                    {"position":18,"bytes":2048,\
                    "state_hash":"7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"}
                    """
                )
            ]
        )
    ) { _, context in
        .blocking { result in
            let report = try context.service.takeSnapshot()
            result.member("position", report.position)
            result.member("bytes", report.bytes)
            result.member("state_hash", report.stateHash)
        }
    }

    private static let compact = Method(
        MethodDefinition(
            "log.compact",
            access: MethodAccess(.admin, .everything),
            "Packs the older part of the log; with retention, drops what is older still.",
            description: """
                Lines and the chain's end stay the same. What retention drops cannot be read any more; its usage stays \
                rolled up by the hour.
                """,
            params: [
                .optional(
                    "dry_run",
                    .boolean,
                    default: .boolean(false),
                    "True only tells what would come of it."
                ),
                .optional(
                    "keep_events",
                    .integer(Bounds.keepEvents),
                    default: .integer(100_000),
                    "The newest events, left as they are."
                ),
                .optional(
                    "retain_days",
                    .integer(Bounds.retainDays),
                    "Drops the lines of blocks wholly older than so many days; absent: none."
                ),
            ],
            result: .object([
                .required("blocks_before", .count, "Rows before."),
                .required("blocks_after", .count, "Rows after."),
                .required("bytes_before", .count, "Stored bytes before."),
                .required("bytes_after", .count, "Stored bytes after."),
                .required("dropped_events", .count, "Events dropped."),
            ]),
            errors: [
                ErrorDescription(
                    .unavailable,
                    "BUSY",
                    "with retain_days: a projection is being rebuilt, or old events are being dropped already"
                ),
                .interrupted,
            ],
            examples: [
                .init(
                    #"{"dry_run":true}"#,
                    """
                    {"blocks_before":5000,"blocks_after":60,"bytes_before":9000000,"bytes_after":1200000,\
                    "dropped_events":0}
                    """
                )
            ]
        )
    ) { arguments, context in
        let dryRun = arguments.boolean("dry_run")
        let keepEvents = Int(arguments.integer("keep_events"))
        let retainDays = arguments.optionalInteger("retain_days").map { Int($0) }
        return .blocking { result in
            result.members(
                of: try context.service.compact(dryRun: dryRun, keepEvents: keepEvents, retainDays: retainDays)
            )
        }
    }

    private static let verify = Method(
        MethodDefinition(
            "log.verify",
            access: MethodAccess(.operator, .everything),
            "Computes the hash chain anew and checks every line's place and time.",
            description: """
                A chain alone cannot tell that its end was cut off: keep a head elsewhere, and expect it here later.
                """,
            params: [
                .optional(
                    "expect",
                    .array(of: headType, count: Bounds.expectedHeads),
                    "Heads that the log must have had, as an answer's head gave them."
                )
            ],
            result: .object([
                .required("events", .count, "Events read."),
                .required("blocks", .count, "Blocks as they were committed."),
                firstHeld, head,
            ]),
            errors: [
                .interrupted,
                ErrorDescription(.dataLoss, "DAMAGED", "the log is not what was written; data has position"),
                ErrorDescription(
                    .dataLoss,
                    "SHORTER_LOG",
                    "the log is sound, but ends before an expected head; data has position and head"
                ),
                ErrorDescription(
                    .dataLoss,
                    "OTHER_LOG",
                    "the log is sound, but its hash at an expected head is another one; data has position and found"
                ),
                ErrorDescription(.outOfRange, "DROPPED", "retention dropped the block that an expected head ended"),
            ],
            examples: [
                .init(
                    "{}",
                    """
                    {"events":18,"blocks":12,"first_held":1,"head":{"position":18,"hash":\
                    "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"}}
                    """
                )
            ]
        )
    ) { arguments, context in
        let expected = arguments.heads("expect")
        return .blocking { result in result.members(of: try context.service.verifyLog(expecting: expected)) }
    }

    private static let backup = Method(
        MethodDefinition(
            "log.backup",
            access: MethodAccess(.admin, .everything),
            "Copies the log into a new file and verifies the copy.",
            description: """
                Recording goes on meanwhile, and what was recorded before the copy was complete is in it. The copy, named \
                ledger.db in a directory of its own, is a ledger.
                """,
            params: [
                .required("path", .text(Bounds.backupName), "A file name in the folder backups of the data directory.")
            ],
            result: .object([
                .required("path", .freeText, "The file, on the server's machine."),
                .required("bytes", .count, "Its size."),
                head,
            ]),
            errors: [
                ErrorDescription(.alreadyExists, "FILE_EXISTS", "there is a file of this name; field is path"),
                ErrorDescription(.unavailable, "BUSY", "a backup is being made already"),
                .interrupted,
            ],
            examples: [
                .init(
                    #"{"path":"2026-11-21.db"}"#,
                    """
                    {"path":"/var/lib/ledgerline/backups/2026-11-21.db","bytes":45056,"head":{"position":18,"hash":\
                    "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"}}
                    """
                )
            ]
        )
    ) { arguments, context in
        let name = arguments.text("path")
        return .blocking { result in
            let report = try context.service.backup(name: name)
            result.member("path", report.path)
            result.member("bytes", report.bytes)
            result.member("head", head: report.head)
        }
    }
}

extension Arguments {
    /// Those of a list of `{position, hash}`; none where it was left out.
    fileprivate func heads(_ name: StaticString) -> [LogHead] {
        view(name).map { list in
            list.elements.compactMap { head in
                guard let position = head["position"]?.integer, let hash = head["hash"]?.string() else { return nil }
                return LogHead(position: LogPosition(position), hash: hash)
            }
        } ?? []
    }
}
