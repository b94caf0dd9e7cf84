import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import SQLiteEventLog

/// `server.*`, `rpc.*` and `help`.
enum ServerMethods {
    static let service = Service(
        name: "server",
        summary: "The server itself, its health and its methods.",
        methods: [info, ping, health, stats, tasks, discover, cancel, help, TokenMethods.auth]
    )

    private static let head = Field.required(
        "head",
        .object([
            .required("position", .position, "Of the last event; 0 in an empty log."),
            .required("hash", .hash, "Of the chain up to it; 64 zeros in an empty log."),
        ]),
        "The end of the log."
    )

    // MARK: About the server

    private static let info = Method(
        MethodDefinition(
            "server.info",
            access: MethodAccess(.reader, .nothing),
            "Tells which server this is and which bounds it has.",
            result: .object([
                .required("name", .choice([LedgerlineVersion.name]), "The program."),
                .required("version", .freeText, "Of the program."),
                .required("protocol", .freeText, "Of the protocol; clients of another one will misunderstand."),
                .required("started_at", .instant, "When the server was started."),
                .required(
                    "data_directory",
                    .nullable(.freeText),
                    "Where its files are, on its machine; null to a token of less than everything."
                ),
                .required(
                    "head",
                    .object([
                        .required("position", .position, "Of the last event; 0 in an empty log."),
                        .required(
                            "hash",
                            .nullable(.hash),
                            "Of the chain up to it; 64 zeros in an empty log; null to a token of less than everything."
                        ),
                    ]),
                    "The end of the log."
                ),
                .required(
                    "tls",
                    .nullable(.object([.required("not_after", .instant, "When the server's certificate ends.")])),
                    "Of TCP connections; null when they are not encrypted."
                ),
                .required("limits", .object(limits), "What requests have to keep to."),
            ]),
            examples: [
                .init(
                    "{}",
                    """
                    {"name":"ledgerline","version":"0.1.0","protocol":"1","started_at":"2026-11-21T17:54:01.123Z",\
                    "data_directory":"/var/lib/ledgerline","head":{"position":0,"hash":\
                    "0000000000000000000000000000000000000000000000000000000000000000"},"tls":null,"limits":{\
                    "line_bytes_max":1048576,"batch_requests_max":1000,"connections_max":10240,\
                    "requests_in_flight_max":8192,"subscriptions_max":64,"readers_max":4096,\
                    "backlog_requests_max":131072,"backlog_bytes_max":134217728,"idle_timeout_ms":600000,\
                    "line_timeout_ms":60000,"unread_timeout_ms":300000}}
                    """
                )
            ]
        )
    ) { _, context in
        .answer { result in
            result.member("name", LedgerlineVersion.name)
            result.member("version", LedgerlineVersion.text)
            result.member("protocol", LedgerlineVersion.protocol)
            result.member("started_at", context.facts.startedAt)
            let isAllTold = context.grant.scope.isEverything
            result.member("data_directory", isAllTold ? context.service.configuration.directory : nil)
            let head = context.service.feed.head
            result.object("head") { object in
                object.member("position", head.position)
                // By the hashes before and after an event, whoever guesses what it says can tell whether that is right.
                object.member("hash", isAllTold ? head.hash : nil)
            }
            if let end = context.facts.certificateEnd() {
                result.object("tls") { $0.member("not_after", end) }
            } else {
                result.memberNull("tls")
            }
            result.object("limits") { $0.members(of: context.facts.limits) }
        }
    }

    private static let limits: [Field] = [
        .required("line_bytes_max", .count, "Bytes of a request line."),
        .required("batch_requests_max", .count, "Requests of a JSON-RPC batch."),
        .required("connections_max", .count, "Connections at the same time."),
        .required("requests_in_flight_max", .count, "Requests of a connection under way; more are read later."),
        .required("subscriptions_max", .count, "Subscriptions of a connection."),
        .required("readers_max", .count, "Streams and subscriptions of all connections together."),
        .required("backlog_requests_max", .count, "Requests of all connections under way; more are refused."),
        .required("backlog_bytes_max", .count, "Bytes that they hold."),
        .required("idle_timeout_ms", .count, "How long a connection may ask nothing; 0 for ever."),
        .required("line_timeout_ms", .count, "How long a line may take to end; 0 for ever."),
        .required("unread_timeout_ms", .count, "How long a client may take nothing; 0 for ever."),
    ]

    private static let ping = Method(
        MethodDefinition(
            "server.ping",
            access: .anybody,
            "Answers with the server's time.",
            result: .object([.required("time", .instant, "By the server's clock.")]),
            examples: [.init("{}", #"{"time":"2026-11-21T17:54:01.123Z"}"#)]
        )
    ) { _, context in
        .answer { $0.member("time", context.facts.now()) }
    }

    private static let health = Method(
        MethodDefinition(
            "server.health",
            access: .anybody,
            "Tells whether the server takes requests.",
            result: .object([
                .required("status", .choice(["SERVING", "NOT_SERVING"]), "NOT_SERVING while it stops."),
                clockBehind,
            ]),
            examples: [.init("{}", #"{"status":"SERVING","clock_behind_ms":0}"#)]
        )
    ) { _, context in
        .answer { result in
            result.member("status", context.facts.isServing() ? "SERVING" : "NOT_SERVING")
            result.member("clock_behind_ms", context.service.clockBehind.milliseconds)
        }
    }

    private static let clockBehind = Field.required(
        "clock_behind_ms",
        .count,
        "How far the server's clock is behind the ledger's time, which stands still until it has caught up; else 0."
    )

    // MARK: Figures

    private static let tasks = Method(
        MethodDefinition(
            "server.tasks",
            access: MethodAccess(.operator, .everything),
            "Lists long work that is under way, and how far it is.",
            description: "What log.verify, log.compact, log.backup, projections.rebuild and projections.verify are at.",
            result: .object([
                .required(
                    "tasks",
                    .list(
                        of: .object([
                            .required("task", .freeText, "The method that was called."),
                            .required("done", .count, "How much is done."),
                            .required("total", .nullable(.count), "Of how much; null while it is not known."),
                            .required("unit", .freeText, "What is counted."),
                        ])
                    ),
                    "In the order in which they began."
                )
            ]),
            examples: [
                .init("{}", #"{"tasks":[{"task":"log.verify","done":120000,"total":1000000,"unit":"events"}]}"#)
            ]
        )
    ) { _, context in
        .answer { result in
            result.array("tasks") { tasks in
                for progress in context.service.tasks.all {
                    tasks.object { task in
                        task.member("task", progress.task)
                        task.member("done", progress.done)
                        task.member("total", progress.total)
                        task.member("unit", progress.unit)
                    }
                }
            }
        }
    }

    private static let stats = Method(
        MethodDefinition(
            "server.stats",
            access: MethodAccess(.operator, .everything),
            "Gives the server's figures.",
            description: "Counts the rows of the log: about a second for ten million blocks.",
            result: .object([
                .required("time", .instant, "By the server's clock."),
                clockBehind,
                head,
                .required("events", .count, "Events ever recorded."),
                .required("blocks", .count, "Rows that they are stored in."),
                .required("orgs", .count, "Orgs known."),
                .required("workspaces", .count, "Workspaces known."),
                .required("connections", .count, "Open connections."),
                .required("subscriptions", .count, "Active subscriptions and streams."),
                .required(
                    "closed",
                    .map(of: .count),
                    "Connections that the server closed of its own accord since the start, by reason."
                ),
                .required(
                    "backlog",
                    .object([
                        .required("requests", .count, "Requests under way."),
                        .required("bytes", .count, "Bytes that they hold."),
                        .required("shed", .count, "Requests refused since the start because there was no room."),
                    ]),
                    "What waits to be carried out or to be on disk."
                ),
                .required("requests", .map(of: .object(counts)), "Requests since the start, by method."),
                .required("refusals", .map(of: .count), "Refused requests since the start, by status."),
                .required(
                    "idempotency",
                    .object([
                        .required("ids", .count, "Ids held."),
                        .required("bytes", .count, "Memory they take."),
                    ]),
                    "What repetitions are recognised by."
                ),
                .required(
                    "window",
                    .object([
                        .required("instants", .count, "Distinct milliseconds with calls, in all windows together."),
                        .required("bytes", .count, "Memory they take."),
                    ]),
                    "The rolling windows."
                ),
                .required(
                    "snapshots",
                    .object([.required("last_position", .position, "0 before the first one.")]),
                    "Snapshots of the state."
                ),
                .required(
                    "projection",
                    .object([
                        .required("position", .position, "The last event it has taken in."),
                        .required("lag", .count, "Events behind the head."),
                    ]),
                    "The view behind usage.history."
                ),
                .required(
                    "log",
                    .object([.required("bytes", .count, "Of ledger.db and its write-ahead log.")]),
                    "The files."
                ),
            ]),
            examples: [
                .init(
                    "{}",
                    """
                    {"time":"2026-11-21T17:54:01.123Z","clock_behind_ms":0,"head":{"position":2,"hash":\
                    "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"},"events":2,"blocks":1,"orgs":1,\
                    "workspaces":1,"connections":1,"subscriptions":0,"closed":{"IDLE_TIMEOUT":3},\
                    "backlog":{"requests":0,"bytes":0,"shed":0},"requests":{"usage.record":{"ok":2,"refused":1}},\
                    "refusals":{"INVALID_ARGUMENT":1},"idempotency":{"ids":0,"bytes":0},\
                    "window":{"instants":2,"bytes":0},"snapshots":{"last_position":0},"projection":{"position":2,"lag":0},\
                    "log":{"bytes":53328}}
                    """
                )
            ]
        )
    ) { _, context in
        .blocking { result in try result.memberFigures(of: context) }
    }

    private static let counts: [Field] = [
        .required("ok", .count, "Carried out."),
        .required("refused", .count, "Refused."),
    ]

    // MARK: Methods

    private static let discover = Method(
        MethodDefinition(
            "rpc.discover",
            access: .anybody,
            "Gives the OpenRPC document of all methods.",
            result: .anyObject,
            examples: [.init("{}", #"{"openrpc":"1.3.2","info":{},"methods":[]}"#)]
        )
    ) { _, _ in
        .immediate(OpenRPC.document)
    }

    private static let cancel = Method(
        MethodDefinition(
            "rpc.cancel",
            access: .anybody,
            "Cancels a request of this connection.",
            description:
                "A request that is cancelled is answered with CANCELLED; what it asked for may have been done.",
            params: [
                .required(
                    "id",
                    .oneOf([.freeText, .number, .null]),
                    "The id of the request to cancel."
                )
            ],
            result: .object([
                .required("cancelled", .boolean, "False when no request with this id was under way.")
            ]),
            examples: [.init(#"{"id":7}"#, #"{"cancelled":true}"#)]
        )
    ) { arguments, _ in
        .connection(.cancel(arguments.view("id").map { RequestID(json: $0.rawBytes) } ?? .null))
    }

    private static let help = Method(
        MethodDefinition(
            "help",
            access: .anybody,
            "Explains the methods, or one of them.",
            description: "Without \"jsonrpc\" it answers with lines of plain text, not JSON.",
            params: [.optional("method", .text(Bounds.methodName), "A method or a service; absent: all in short.")],
            result: .object([.required("text", .freeText, "Lines of text.")]),
            examples: [.init(#"{"method":"usage.record"}"#, #"{"text":"usage.record: Records API calls.\n"}"#)]
        )
    ) { arguments, context throws(RPCError) in
        let text = try helpText(on: arguments.optionalText("method"))
        switch context.dialect {
        case .netcat: return .connection(.plainText(Array(text.utf8)))
        case .jsonRPC: return .answer { $0.member("text", text) }
        }
    }

    private static func helpText(on name: String?) throws(RPCError) -> String {
        guard let name else { return Help.overview }
        if let text = Help.text(on: name) { return text }
        let names = MethodCatalog.names + MethodCatalog.services.map(\.name)
        let suggestion = NearestName.of(name, among: names).map { "; did you mean \($0)?" } ?? ""
        throw .invalidParams("there is no method or service \(name)\(suggestion)", field: "method")
    }
}

extension JSONWriter {
    fileprivate mutating func members(of limits: ServerLimits) {
        member("line_bytes_max", limits.lineBytesMax)
        member("batch_requests_max", limits.batchRequestsMax)
        member("connections_max", limits.connectionsMax)
        member("requests_in_flight_max", limits.requestsInFlightMax)
        member("subscriptions_max", limits.subscriptionsMax)
        member("readers_max", limits.readersMax)
        member("backlog_requests_max", limits.backlog.requestsMax)
        member("backlog_bytes_max", limits.backlog.bytesMax)
        member("idle_timeout_ms", limits.idleTimeout.milliseconds)
        member("line_timeout_ms", limits.lineTimeout.milliseconds)
        member("unread_timeout_ms", limits.unreadTimeout.milliseconds)
    }

    fileprivate mutating func memberFigures(of context: MethodContext) throws {
        let state = try context.service.statistics()
        let log = try context.service.logStatistics()
        member("time", context.facts.now())
        member("clock_behind_ms", context.service.clockBehind.milliseconds)
        member("head", head: log.head)
        member("events", log.events)
        member("blocks", log.blocks)
        member("orgs", state.orgs)
        member("workspaces", state.workspaces)
        member("connections", context.facts.connections())
        member("subscriptions", context.facts.subscriptions())
        memberClosed(context.facts)
        member(backlog: context.service.backlog)
        memberRequests(context.metrics)
        object("idempotency") { ids in
            ids.member("ids", state.idempotencyIDs)
            ids.member("bytes", state.idempotencyBytes)
        }
        object("window") { window in
            window.member("instants", state.windowInstants)
            window.member("bytes", state.windowBytes)
        }
        object("snapshots") { $0.member("last_position", state.lastSnapshot) }
        memberProjection(context.service.projections())
        object("log") { $0.member("bytes", log.databaseBytes + log.walBytes) }
    }

    /// Reasons that never came are left out.
    private mutating func memberClosed(_ facts: ServerFacts) {
        object("closed") { closed in
            for reason in ClosedConnection.allCases where facts.closedConnections(reason) > 0 {
                closed.key(reason.rawValue)
                closed.value(facts.closedConnections(reason))
            }
        }
    }

    private mutating func member(backlog: BacklogReport) {
        object("backlog") { waiting in
            waiting.member("requests", backlog.requests)
            waiting.member("bytes", backlog.bytes)
            waiting.member("shed", backlog.shed)
        }
    }

    /// Methods and statuses that never came are left out.
    private mutating func memberRequests(_ metrics: RequestMetrics) {
        object("requests") { requests in
            for (index, method) in MethodCatalog.methods.enumerated() {
                let figures = metrics.figures(of: MethodID(index: index))
                guard figures.ok > 0 || figures.refused > 0 else { continue }
                requests.object(method.definition.name) { counts in
                    counts.member("ok", figures.ok)
                    counts.member("refused", figures.refused)
                }
            }
        }
        object("refusals") { refusals in
            for status in StatusCode.allCases where metrics.refusals(with: status) > 0 {
                refusals.member(status.name, metrics.refusals(with: status))
            }
        }
    }

    private mutating func memberProjection(_ projections: [ProjectionReport]) {
        guard let view = projections.first(where: { $0.kind == .view }) else { return memberNull("projection") }
        object("projection") { projection in
            projection.member("position", view.position)
            projection.member("lag", view.lag)
        }
    }
}
