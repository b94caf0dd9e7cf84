import AccessControl
import EventSourcing
import LedgerService
import LineJSON
import LineProtocol

/// `token.*` and `auth`: who may do what.
enum TokenMethods {
    static let service = Service(
        name: "token",
        summary: "The tokens by which clients are let in, and what became of them.",
        methods: [create, revoke, list, audit]
    )

    private static let orgs = Field.required(
        "orgs",
        .nullable(.list(of: .text(Bounds.name))),
        "The orgs that it reaches; null: everything."
    )
    private static let workspaces = Field.required(
        "workspaces",
        .nullable(.list(of: .text(Bounds.name))),
        "The workspaces of the one org that it reaches; null: whole orgs."
    )
    private static let role = Field.required("role", .choice(Role.self), "What its holder may do.")
    private static let expires = Field.required(
        "expires",
        .nullable(.instant),
        "From when on it is of no use; null: it does not end by itself."
    )

    // MARK: auth

    static let auth = Method(
        authenticating: MethodDefinition(
            "auth",
            access: .anybody,
            "Shows the token by which all requests that follow on this connection are carried out.",
            description: """
                A token beside the params of a request stands for that request alone. After a token that is of no use, the \
                connection's requests are nobody's.
                """,
            params: [.required("token", .text(Bounds.tokenText), "The token, as token.create gave it.")],
            result: .object([
                .required("id", .text(Bounds.tokenID), "The token's id."),
                role, orgs, workspaces, expires,
            ]),
            examples: [
                .init(
                    #"{"token":"ll_0123456789abcdef_…"}"#,
                    """
                    {"id":"0123456789abcdef","role":"reader","orgs":["acme"],"workspaces":["support"],\
                    "expires":"2027-02-19T00:00:00.000Z"}
                    """
                )
            ]
        )
    )

    /// The answer to `auth`.
    static func answer(to grant: AccessGrant) -> Routed {
        guard case .token(let id, let expires) = grant.holder else { preconditionFailure("auth grants by a token") }
        return .answer { result in
            result.member("id", id)
            result.member("role", grant.role.rawValue)
            result.members(of: grant.scope)
            result.member("expires", expires)
        }
    }

    // MARK: Tokens

    private static let actor = Field.required(
        "created_by",
        .object([
            .required("token", .nullable(.text(Bounds.tokenID)), "The token by which; null: without one."),
            .required("peer", .freeText, "The network address, or unix for the Unix socket."),
        ]),
        "Who made it."
    )

    private static let row: [Field] = [
        .required("id", .text(Bounds.tokenID), "Its id, which is part of its text and no secret."),
        .required("name", .nullable(.text(Bounds.tokenName)), "What people call it; null: nothing."),
        role, orgs, workspaces, expires,
        .required("state", .choice(["valid", "expired", "revoked"]), "What it is worth now."),
        .required("created_at", .instant, "When it was made."),
        actor,
        .required("revoked_at", .nullable(.instant), "When it was revoked; null: it was not."),
    ]

    private static let rowExample = """
        "id":"0123456789abcdef","name":"dashboard","role":"reader","orgs":["acme"],"workspaces":["support"],\
        "expires":"2027-02-19T00:00:00.000Z","state":"valid","created_at":"2026-11-21T17:54:01.123Z",\
        "created_by":{"token":null,"peer":"unix"},"revoked_at":null
        """

    private static let create = Method(
        MethodDefinition(
            "token.create",
            access: MethodAccess(.admin, .everything),
            "Makes a token.",
            description: """
                Its text is told here and never again: the server keeps a digest of it. From the first token on, whoever \
                comes over TCP has to show one. Asked again, it makes another one.
                """,
            params: [
                .optional("name", .text(Bounds.tokenName), "What people call it."),
                role,
                .optional(
                    "orgs",
                    .array(of: .text(Bounds.name), count: Bounds.scopeNames),
                    "The orgs that it reaches; absent: everything, which an admin has to have."
                ),
                .optional(
                    "workspaces",
                    .array(of: .text(Bounds.name), count: Bounds.scopeNames),
                    "The workspaces of the one org in orgs that it reaches; absent: whole orgs."
                ),
                .optional("expires", .instant, "From when on it is of no use; absent: it does not end by itself."),
            ],
            result: .object(
                [
                    .required("position", .position, "Of the event in the access log."),
                    .required("token", .freeText, "The token: keep it where only its holder reads it."),
                ] + row
            ),
            errors: [
                ErrorDescription(.resourceExhausted, "TOKENS_MAX", "there are as many valid tokens as there may be"),
                ErrorDescription(.unavailable, "ID_TAKEN", "the id that was drawn belongs to another token: ask again"),
            ],
            examples: [
                .init(
                    """
                    {"name":"dashboard","role":"reader","orgs":["acme"],"workspaces":["support"],\
                    "expires":"2027-02-19T00:00:00Z"}
                    """,
                    #"{"position":1,"token":"ll_0123456789abcdef_…",\#(rowExample)}"#
                )
            ]
        )
    ) { arguments, context throws(RPCError) in
        let wish = AccessService.Wish(
            name: arguments.optionalText("name"),
            role: arguments.choice("role", Role.self),
            scope: try scope(arguments),
            expires: arguments.optionalInstant("expires")
        )
        let actor = context.grant.actor
        return .blockingAside { result in
            let made = try context.access.create(wish, by: actor)
            result.member("position", made.position)
            result.member("token", made.text)
            result.members(of: made.token, at: context.access.now)
        }
    }

    private static func scope(_ arguments: Arguments) throws(RPCError) -> TokenScope {
        let orgs = arguments.optionalNames("orgs")
        guard let workspaces = arguments.optionalNames("workspaces") else {
            return orgs.map { .orgs($0) } ?? .everything
        }
        guard let orgs, let org = orgs.first, orgs.count == 1 else {
            throw .invalidParams("workspaces are those of one org: orgs must name it, and no other", field: "orgs")
        }
        return .workspaces(workspaces, org: org)
    }

    private static let revoke = Method(
        MethodDefinition(
            "token.revoke",
            access: MethodAccess(.admin, .everything),
            "Ends a token at once, on open connections and for running streams too.",
            params: [.required("id", .text(Bounds.tokenID), "Its id.")],
            result: .object([
                .required("position", .position, "Of the event in the access log; the last one when nothing changed."),
                .required("changed", .boolean, "False when it was revoked already."),
            ]),
            errors: [ErrorDescription(.notFound, "UNKNOWN_TOKEN", "there is no token of this id, or no longer")],
            examples: [.init(#"{"id":"0123456789abcdef"}"#, #"{"position":2,"changed":true}"#)]
        )
    ) { arguments, context in
        let (id, actor) = (arguments.text("id"), context.grant.actor)
        return .blockingAside { result in
            let receipt = try context.access.revoke(id, by: actor)
            result.member("position", receipt.position)
            result.member("changed", receipt.hasChanged)
        }
    }

    private static let list = Method(
        MethodDefinition(
            "token.list",
            access: MethodAccess(.admin, .everything),
            "Lists the tokens, the oldest first.",
            description: """
                Of those that are revoked or expired, the newest: of all together \(AccessPolicy.heldTokensMax) are held.
                """,
            result: .object([
                .required("demanded", .boolean, "Whether there ever was one, so that TCP demands them for good."),
                .required("tokens", .list(of: .object(row)), "The tokens."),
            ]),
            examples: [.init("{}", #"{"demanded":true,"tokens":[{\#(rowExample)}]}"#)]
        )
    ) { _, context in
        .answer { result in
            result.member("demanded", context.access.areTokensDemanded)
            result.array("tokens") { tokens in
                for token in context.access.tokens() {
                    tokens.object { $0.members(of: token, at: context.access.now) }
                }
            }
        }
    }

    // MARK: token.audit

    private static let audit = Method(
        MethodDefinition(
            "token.audit",
            access: MethodAccess(.admin, .everything),
            "Reads the access log: tokens made, revoked, and shown in vain.",
            description: """
                Of tokens shown in vain, the first of a kind is recorded at once, and those that follow within a minute by \
                one event that counts them.
                """,
            params: [
                .optional("from", .integer(Bounds.position), default: .integer(1), "The first position to read."),
                .optional("limit", .integer(Bounds.readLimit), default: .integer(100), "How many events at most."),
            ],
            result: .object([
                .required("events", .list(of: .anyObject), "The events, each as it stands in the access log."),
                .required("next", .position, "The position to go on from."),
                .required(
                    "head",
                    .object([
                        .required("position", .position, "Of the last event; 0 where there is none."),
                        .required("hash", .hash, "Of the access log's chain up to it."),
                    ]),
                    "The end of the access log."
                ),
            ]),
            examples: [
                .init(
                    "{}",
                    """
                    {"events":[{"position":1,"time":"2026-11-21T17:54:01.123Z","type":"token.refused","data":{\
                    "reason":"unknown","peer":"203.0.113.9","count":1}}],"next":2,"head":{"position":1,"hash":\
                    "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"}}
                    """
                )
            ]
        )
    ) { arguments, context in
        let from = LogPosition(arguments.integer("from"))
        let limit = Int(arguments.integer("limit"))
        return .blockingAside { result in
            var events = JSONWriter()
            var page: (next: LogPosition, head: LogHead)?
            try events.array { events in
                page = try context.access.audit(from: from, limit: limit) { events.value(raw: $0) }
            }
            result.member("events", raw: events.bytes)
            result.member("next", page?.next)
            if let page { result.member("head", head: page.head) }
        }
    }
}

extension Arguments {
    /// A list of names; nil where it was left out.
    fileprivate func optionalNames(_ name: StaticString) -> [String]? {
        view(name).map { $0.elements.compactMap { $0.string() } }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of token: AccessToken, at now: Timestamp) {
        member("id", token.id)
        member("name", token.name)
        member("role", token.role.rawValue)
        members(of: token.scope)
        member("expires", token.expires)
        member("state", token.standing(at: now).rawValue)
        member("created_at", token.created)
        object("created_by") { actor in
            actor.member("token", token.createdBy.token)
            actor.member("peer", token.createdBy.peer)
        }
        member("revoked_at", token.revoked)
    }
}
