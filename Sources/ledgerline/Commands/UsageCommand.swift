import ArgumentParser
import EventSourcing
import LedgerClient
import LineJSON

/// `ledgerline usage`
struct UsageCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Where usage stands, now or at any moment of the past.",
        discussion: """
            With a workspace: its limit, what it and others used in the 24 hours before, what is paused, and when that \
            changes. Without: the org, and every workspace that made calls in the last 24 hours.

            EXAMPLES
              ledgerline usage --org 00D000000000001 --workspace support
              ledgerline usage --org 00D000000000001
              ledgerline usage --org 00D000000000001 --workspace support --at 2026-11-20T09:00:00Z
              ledgerline usage --org 00D000000000001 --workspace support --as-of-position 1000
            """
    )

    @Option(name: .long, help: "The org.")
    var org: String

    @Option(name: .long, help: "The workspace.")
    var workspace: String?

    @Option(name: .long, help: "The moment: RFC 3339, a day, or 90m, 24h, 7d ago.")
    var at: TimeArgument?

    @Option(name: .long, help: ArgumentHelp("What the log held by this position.", valueName: "position"))
    var asOfPosition: Int64?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if workspace == nil, at != nil || asOfPosition != nil {
            throw ValidationError("--at and --as-of-position need --workspace.")
        }
    }

    func run(_ client: LedgerClient, _: Void) async throws {
        if let workspace {
            try await showWorkspace(workspace, client)
        } else {
            try await showOrg(client)
        }
    }

    private func showWorkspace(_ workspace: String, _ client: LedgerClient) async throws {
        let usage = try await client.call("usage.get") { params in
            params.member("org", org)
            params.member("workspace", workspace)
            params.member("at", ifPresent: at?.timestamp(now: .now).description)
            params.member("as_of_position", ifPresent: asOfPosition)
        }
        guard !connection.json else { return try usage.show(asJSON: true) { _ in } }
        let lines = try await pauseLines(workspace, client)
        let terminal = Terminal.output
        try usage.withValue { usage in
            UsageReport(usage: usage, pauseLines: lines, width: min(terminal.size.columns, 100)).lines(terminal.style)
                .forEach { terminal.writeLine($0) }
        }
    }

    /// The percents at which bulk sync and event-based sync pause in this workspace.
    private func pauseLines(_ workspace: String, _ client: LedgerClient) async throws -> [Int] {
        let settings = try await client.call("settings.get") { params in
            params.member("org", org)
            params.member("workspace", workspace)
        }
        return try settings.withValue { settings in
            [Int(settings.count("bulk_pause_percent")), Int(settings.count("event_pause_percent"))]
        }
    }

    private func showOrg(_ client: LedgerClient) async throws {
        let reply = try await client.call("org.get") { $0.member("org", org) }
        guard !connection.json else { return try reply.show(asJSON: true) { _ in } }
        let terminal = Terminal.output
        let width = min(terminal.size.columns, 100)
        try reply.withValue { org in
            OrgReport(org: org, width: width).lines(terminal.style).forEach { terminal.writeLine($0) }
        }
        let table = try await workspaceTable(client)
        guard !table.isEmpty else { return }
        terminal.writeLine()
        table.lines(terminal.style).forEach { terminal.writeLine("  \($0)") }
    }

    private func workspaceTable(_ client: LedgerClient) async throws -> Table {
        var table = Table(
            .left("WORKSPACE"),
            .right("USED"),
            .right("LIMIT"),
            .right("%"),
            .left(""),
            .left("TIER"),
            .left("PAUSED")
        )
        for workspace in try await recentWorkspaces(client) {
            let reply = try await client.call("usage.get") { params in
                params.member("org", org)
                params.member("workspace", workspace)
            }
            try reply.withValue { usage in table.add(UsageCommand.row(workspace, usage)) }
        }
        return table
    }

    private static func row(_ workspace: String, _ usage: JSONView) -> [Table.Cell] {
        let (used, limit) = (usage.count("used_by_workspace"), usage.count("limit"))
        let tier = usage.text("tier")
        return [
            Table.Cell(workspace, .bold), Table.Cell(Numbers.grouped(used)), Table.Cell(Numbers.grouped(limit)),
            Table.Cell(Numbers.percent(usage["percent"]?.double)),
            Table.Cell(UsageBar(used: used, limit: limit, width: 20).bar(.plain), TierText.look(tier)),
            Table.Cell(TierText.words(tier), TierText.look(tier)),
            Table.Cell(usage.texts("paused").map(TierText.words).joined(separator: ", ")),
        ]
    }

    private func recentWorkspaces(_ client: LedgerClient) async throws -> [String] {
        let now = Timestamp.now
        let reply = try await client.call("usage.history") { params in
            params.member("org", org)
            params.member("from", (now - .hours(24)).description)
            params.member("to", (now + .hours(1)).description)
            params.member("bucket", "day")
            params.array("group_by") { $0.value("workspace") }
        }
        let names = try reply.withValue { history in
            history.elements("rows").map { $0.text("workspace") }
        }
        return Set(names).subtracting([""]).sorted()
    }
}
