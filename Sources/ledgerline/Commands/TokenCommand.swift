import ArgumentParser
import EventSourcing
import LedgerClient
import LineJSON

/// `ledgerline token`
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Who may do what: the tokens that clients show.",
        discussion: """
            A token has a role and a scope. A reader asks; a recorder also reports calls, observations, progress and sync \
            errors; an operator also changes settings and mappings and runs syncs; an admin also looks after files and \
            tokens. The scope is everything, whole orgs, or workspaces of one org.

            From the first token on, whoever comes over TCP has to show one, for good. Over the Unix socket, or with --data \
            while no server runs, the ledger's owner needs none.

            EXAMPLES
              ledgerline token create --data ledger-data --role admin --expires 90d > admin-token
              ledgerline token create --role reader --org acme --workspace sales --expires 2027-06-30
              ledgerline usage --org acme --token-file admin-token
              ledgerline token list
              ledgerline token revoke 0123456789abcdef
              ledgerline token audit
            """,
        subcommands: [Create.self, Revoke.self, List.self, Audit.self]
    )

    enum Role: String, CaseIterable, ExpressibleByArgument {
        case reader, recorder, `operator`, admin
    }

    /// `acme/sales, acme/support`, or `everything`.
    private static func scope(of token: JSONView) -> String {
        let (orgs, workspaces) = (token.texts("orgs"), token.texts("workspaces"))
        guard let org = orgs.first else { return "everything" }
        return (workspaces.isEmpty ? orgs : workspaces.map { "\(org)/\($0)" }).joined(separator: ", ")
    }

    struct Create: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token. It is shown once: standard output holds it and nothing else.",
            discussion: """
                EXAMPLES
                  (umask 077; ledgerline token create --role admin --expires 90d > admin-token)
                  ledgerline token create --role recorder --org acme --name importer --expires never
                """
        )

        @Option(name: .long, help: "What its holder may do.")
        var role: Role

        @Option(name: .long, help: "An org that it reaches; may be given again (default: everything).")
        var org: [String] = []

        @Option(name: .long, help: "A workspace of the one org that it reaches; may be given again.")
        var workspace: [String] = []

        @Option(name: .long, help: "What people call it.")
        var name: String?

        @Option(name: .long, help: "Until when it is good: 12h, 90d, a day, an instant (RFC 3339), or never.")
        var expires: Expiry

        @Option(name: .long, help: "Work on this data directory, which no server is using.", completion: .directory)
        var data: String?

        @OptionGroup var connection: ConnectionOptions

        var makesLedger: Bool { true }

        func validate() throws {
            guard workspace.isEmpty || org.count == 1 else {
                throw ValidationError("--workspace needs exactly one --org.")
            }
        }

        var request: MethodRequest {
            MethodRequest("token.create") { params in
                params.member("role", role.rawValue)
                if !org.isEmpty { params.member("orgs", org) }
                if !workspace.isEmpty { params.member("workspaces", workspace) }
                params.member("name", ifPresent: name)
                params.member("expires", ifPresent: expires.timestamp(now: .now)?.description)
            }
        }

        func show(_ result: JSONView, on terminal: Terminal) {
            let end = result["expires"]?.timestampText.map { "until \($0)" } ?? "until it is revoked"
            Terminal.errors.writeLine(
                "token \(result.text("id")): \(result.text("role")) of \(TokenCommand.scope(of: result)), \(end); "
                    + "it is shown this once"
            )
            terminal.writeLine(result.text("token"))
        }
    }

    struct Revoke: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a token at once, on open connections and for running streams too.",
            discussion: "EXAMPLE\n  ledgerline token revoke 0123456789abcdef"
        )

        @Argument(help: "Its id, as `ledgerline token list` shows it: never the token itself.")
        var id: String

        @Option(name: .long, help: "Work on this data directory, which no server is using.", completion: .directory)
        var data: String?

        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest { MethodRequest("token.revoke") { $0.member("id", id) } }

        func show(_ result: JSONView, on terminal: Terminal) {
            terminal.writeLine(result["changed"]?.bool == false ? "it was revoked already" : "revoked")
        }
    }

    struct List: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tokens.",
            discussion: "EXAMPLE\n  ledgerline token list --unix /run/ledgerline.sock"
        )

        @Option(name: .long, help: "Work on this data directory, which no server is using.", completion: .directory)
        var data: String?

        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest { MethodRequest("token.list") { _ in } }

        func show(_ result: JSONView, on terminal: Terminal) {
            var table = Table(
                .left("ID"),
                .left("NAME"),
                .left("ROLE"),
                .left("SCOPE"),
                .left("STATE"),
                .left("EXPIRES")
            )
            for token in result.elements("tokens") {
                let state = token.text("state")
                table.add([
                    Table.Cell(token.text("id")), Table.Cell(token.text("name")), Table.Cell(token.text("role"), .bold),
                    Table.Cell(TokenCommand.scope(of: token)), Table.Cell(state, state == "valid" ? .green : .dim),
                    Table.Cell(token["expires"]?.timestampText ?? "never", .dim),
                ])
            }
            guard !table.isEmpty else { return terminal.writeLine("no tokens") }
            table.lines(terminal.style).forEach { terminal.writeLine($0) }
        }
    }

    struct Audit: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the access log: tokens made, revoked, and shown in vain.",
            discussion: """
                EXAMPLES
                  ledgerline token audit
                  ledgerline token audit --from 100 --limit 1000 --json
                """
        )

        @Option(name: .long, help: "The first position.")
        var from: Int64 = 1

        @Option(name: .long, help: "How many at most.")
        var limit: Int64 = 100

        @Option(name: .long, help: "Work on this data directory, which no server is using.", completion: .directory)
        var data: String?

        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest {
            MethodRequest("token.audit") { params in
                params.member("from", from)
                params.member("limit", limit)
            }
        }

        func show(_ result: JSONView, on terminal: Terminal) {
            var table = Table(.right("POSITION"), .left("TIME"), .left("EVENT"), .left("TOKEN"), .left("WHAT"))
            for event in result.elements("events") {
                guard let data = event["data"] else { continue }
                table.add([
                    Table.Cell("#\(event.count("position"))", .dim), Table.Cell(event.text("time")),
                    Table.Cell(event.text("type"), .bold), Table.Cell(data["token"] == nil ? "—" : data.text("token")),
                    Table.Cell(Audit.what(data)),
                ])
            }
            guard !table.isEmpty else { return terminal.writeLine("no events") }
            table.lines(terminal.style).forEach { terminal.writeLine($0) }
            let next = result.count("next")
            if let head = result["head"], next <= head.count("position") {
                terminal.writeLine("more from --from \(next) on")
            }
        }

        private static func what(_ data: JSONView) -> String {
            if data["reason"] != nil {
                let since = data["since"] == nil ? "" : " since \(data.text("since"))"
                return "\(data.text("reason")), \(data.count("count"))×\(since), from \(data.text("peer"))"
            }
            if let known = data["known"] {
                return "all tokens were revoked: the log had gone on to position \(known.count("position"))"
            }
            let role = data["role"] == nil ? "" : "\(data.text("role")) of \(TokenCommand.scope(of: data)), "
            guard let by = data["by"] else { return role }
            return role + "by " + (by["token"] == nil ? "" : "token \(by.text("token")) from ") + by.text("peer")
        }
    }
}

/// Until when a token is good, as people give it.
struct Expiry: ExpressibleByArgument, Hashable {
    private enum Form: Hashable {
        case never
        case instant(Timestamp)
        case after(TimeSpan)
    }

    private var form: Form

    init?(argument: String) {
        if argument == "never" {
            form = .never
        } else if let instant = Timestamp(argument) ?? Timestamp("\(argument)T00:00:00Z") {
            form = .instant(instant)
        } else if let span = TimeArgument.span(argument) {
            form = .after(span)
        } else {
            return nil
        }
    }

    /// Nil is never.
    func timestamp(now: Timestamp) -> Timestamp? {
        switch form {
        case .never: nil
        case .instant(let instant): instant
        case .after(let span): now + span
        }
    }
}

extension JSONView {
    /// `2026-11-21 17:54`; nil when this is no instant.
    fileprivate var timestampText: String? { string().flatMap { Timestamp($0) }?.minuteText }
}
