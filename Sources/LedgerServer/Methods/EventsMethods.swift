import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol

/// `events.*`: reading and following the log.
enum EventsMethods {
    static let service = Service(
        name: "events",
        summary: "The log itself: reading it and following it.",
        methods: [read, stream, subscribe, unsubscribe]
    )

    private static let origin = ValueType.oneOf([
        .integer(Bounds.position), .choice(["start", "end"]), .instant,
    ])

    private static func from(_ fallback: Field.Fallback) -> Field {
        .optional(
            "from",
            origin,
            default: fallback,
            "The first event: a position; \"start\", the first one held; \"end\", what comes after the head; or "
                + "the first one recorded at or after an instant."
        )
    }

    private static let filters: [Field] = [
        .optional("org", .text(Bounds.name), "Only events of this org."),
        .optional("workspace", .text(Bounds.name), "Only events of a workspace of this name."),
        .optional(
            "type",
            .text(Bounds.typePrefix),
            "Only events whose type begins so, such as api.called or bulk_sync."
        ),
    ]

    // MARK: events.read

    private static let read = Method(
        MethodDefinition(
            "events.read",
            access: MethodAccess(.reader, .events),
            "Reads events from a position on.",
            description: """
                An answer may hold fewer events than asked for, even none, with more to come: go on from next until it \
                is past head.
                """,
            params: [
                from(.integer(1)),
                .optional("limit", .integer(Bounds.readLimit), default: .integer(100), "How many events at most."),
            ] + filters,
            result: .object([
                .required("events", .list(of: .anyObject), "The events, each as it stands in the log."),
                .required("next", .position, "The position to go on from."),
                .required("head", .position, "The last event of the log."),
            ]),
            errors: [.dropped, .pastHead],
            examples: [
                .init(
                    #"{"from":1,"limit":1}"#,
                    """
                    {"events":[{"position":1,"time":"2026-11-21T17:54:01.123Z","type":"org.configured","org":"acme",\
                    "data":{"allowance":15000}}],"next":2,"head":18}
                    """
                )
            ]
        )
    ) { arguments, context in
        let origin = origin(arguments, default: .position(LogPosition.beforeFirst.next))
        let reading = EventReading(
            service: context.service,
            filter: filter(arguments, context.grant),
            limit: Int(arguments.integer("limit"))
        )
        return .offload { try reading.result(from: origin) }
    }

    // MARK: events.stream, events.subscribe

    private static let readersMax = ErrorDescription(
        .resourceExhausted,
        "READERS_MAX",
        "there are as many streams and subscriptions as there may be"
    )

    private static let streamParams: [Field] =
        [from(.text("end"))] + filters + [
            .optional(
                "heartbeat_ms",
                .integer(Bounds.heartbeatMilliseconds),
                default: .integer(10_000),
                "A heartbeat comes every so many milliseconds."
            ),
            .optional(
                "blocks",
                .boolean,
                default: .boolean(false),
                "Whether each block is followed by its hash; only without filters, and for tokens of everything."
            ),
        ]

    private static let stream = Method(
        MethodDefinition(
            "events.stream",
            access: MethodAccess(.reader, .events),
            "Turns the connection into a stream of events: first those there are, then new ones.",
            description: """
                Instead of an answer, lines follow: events, byte for byte those of the log, and control lines. \
                {"control":"streaming","from":N,"head":H} comes first; {"control":"caught_up","position":N} once, \
                where new events begin; {"control":"heartbeat","position":N,"head":H,"time":T} every heartbeat_ms, \
                where position is the last one that this reader has covered; and {"control":"closing","reason":R}. \
                With blocks, the first line has previous too, the chain's hash before from (null when from lies inside \
                a block), and {"control":"block","first":A,"last":B,"hash":HASH} stands behind the lines of each \
                block. Nothing is skipped, however slowly the connection is read. Requests behind it on this \
                connection are refused from the moment it is asked for.
                """,
            params: streamParams,
            result: .any,
            errors: [
                .dropped, .pastHead, readersMax,
                ErrorDescription(.invalidArgument, "STREAM_IN_BATCH", "it is part of a JSON-RPC batch"),
                ErrorDescription(
                    .failedPrecondition,
                    "STREAMING",
                    "the connection streams already, or has subscriptions"
                ),
            ],
            examples: [.init(#"{"from":"start"}"#, #"{"control":"streaming","from":1,"head":18}"#)]
        )
    ) { arguments, context throws(RPCError) in
        .connection(.stream(try streamRequest(arguments, context.grant)))
    }

    private static let subscribe = Method(
        MethodDefinition(
            "events.subscribe",
            access: MethodAccess(.reader, .events),
            "Sends events as notifications, beside the answers to other requests.",
            description: """
                Notifications events.batch have {subscription, events, position}, where position is the last one \
                covered; notifications events.control have {subscription, control, …} as the control lines of \
                events.stream.
                """,
            params: streamParams,
            result: .object([
                .required("subscription", .integer(Bounds.number), "The number that its notifications carry."),
                .required("from", .position, "The first position that it covers."),
                .required("head", .position, "The last event of the log."),
                .optional(
                    "previous",
                    .nullable(.hash),
                    "With blocks: the chain's hash before from; null when from lies inside a block."
                ),
            ]),
            errors: [
                .dropped, .pastHead, readersMax,
                ErrorDescription(
                    .resourceExhausted,
                    "SUBSCRIPTIONS_MAX",
                    "the connection has as many as it may have"
                ),
            ],
            examples: [.init(#"{"org":"acme","type":"tier."}"#, #"{"subscription":1,"from":19,"head":18}"#)]
        )
    ) { arguments, context throws(RPCError) in
        .connection(.subscribe(try streamRequest(arguments, context.grant)))
    }

    private static let unsubscribe = Method(
        MethodDefinition(
            "events.unsubscribe",
            access: MethodAccess(.reader, .nothing),
            "Ends a subscription of this connection.",
            params: [.required("subscription", .integer(Bounds.number), "Its number.")],
            result: .object([.required("unsubscribed", .boolean, "False when there was none of this number.")]),
            examples: [.init(#"{"subscription":1}"#, #"{"unsubscribed":true}"#)]
        )
    ) { arguments, _ in
        .connection(.unsubscribe(arguments.integer("subscription")))
    }

    private static func streamRequest(
        _ arguments: Arguments,
        _ grant: AccessGrant
    ) throws(RPCError) -> StreamRequest {
        let filter = filter(arguments, grant)
        let wantsBlocks = arguments.boolean("blocks")
        guard !wantsBlocks || filter.isEmpty else {
            throw .invalidParams(
                "blocks has a meaning only without filters, and for tokens of everything: "
                    + "hashes are over all lines of a block",
                field: "blocks"
            )
        }
        return StreamRequest(
            from: origin(arguments, default: .end),
            filter: filter,
            heartbeat: TimeSpan(milliseconds: arguments.integer("heartbeat_ms")),
            wantsBlocks: wantsBlocks,
            grant: grant
        )
    }

    // MARK: Parameters

    private static func filter(_ arguments: Arguments, _ grant: AccessGrant) -> EventFilter {
        EventFilter(
            org: arguments.optionalText("org"),
            workspace: arguments.optionalText("workspace"),
            typePrefix: arguments.optionalText("type"),
            scope: grant.scope
        )
    }

    private static func origin(_ arguments: Arguments, default fallback: StreamOrigin) -> StreamOrigin {
        guard let from = arguments.view("from") else { return fallback }
        if let position = from.integer { return .position(LogPosition(position)) }
        if let instant = from.timestamp { return .time(instant) }
        return from.equals("start") ? .start : .end
    }
}
