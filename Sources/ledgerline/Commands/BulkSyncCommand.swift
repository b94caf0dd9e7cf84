import ArgumentParser
import LedgerClient
import LineJSON

/// `ledgerline bulk-sync`
struct BulkSyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bulk-sync",
        abstract: "Manual bulk syncs: start, report progress, pause, resume, stop, look.",
        discussion: """
            EXAMPLES
              ledgerline bulk-sync start --org 00D000000000001 --workspace support
              ledgerline bulk-sync get --org 00D000000000001 --workspace support
              ledgerline bulk-sync progress --org 00D000000000001 --workspace support --sync 12 \\
                --total 1000 --updated 40 --unchanged 60
              ledgerline bulk-sync stop --org 00D000000000001 --workspace support
            """,
        subcommands: [
            Start.self, Progress.self, Pause.self, Resume.self, Stop.self, Complete.self, Fail.self, Get.self,
            List.self,
        ]
    )

    /// What every command of a bulk sync answers.
    static func show(_ result: JSONView, on terminal: Terminal) {
        let pauses = result.texts("pauses")
        let reasons = pauses.isEmpty ? "" : " (\(pauses.joined(separator: ", ")))"
        let isUnchanged = result["changed"]?.bool == false
        let state = terminal.style(result.text("state"), look(ofState: result.text("state")))
        terminal.writeLine("sync \(result.count("sync")): \(state)\(reasons)\(isUnchanged ? ", as before" : "")")
    }

    static func look(ofState state: String) -> Style.Look {
        switch state {
        case "running", "completed": .green
        case "paused": .yellow
        default: .red
        }
    }

    struct Start: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a sync over all leads and contacts.",
            discussion: "EXAMPLE\n  ledgerline bulk-sync start --org 00D000000000001 --workspace support"
        )

        @OptionGroup var place: WorkspaceOptions
        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest { MethodRequest("bulk_sync.start") { place.write(to: &$0) } }

        var bulkSyncHint: String? { "wait until it is done, or end it with `ledgerline bulk-sync stop`" }

        func show(_ result: JSONView, on terminal: Terminal) { BulkSyncCommand.show(result, on: terminal) }
    }

    struct Progress: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Report how far a sync is; all numbers count from its start.",
            discussion: """
                EXAMPLE
                  ledgerline bulk-sync progress --org 00D000000000001 --workspace support --sync 12 \\
                    --total 1000 --updated 40 --unchanged 60
                """
        )

        @OptionGroup var place: WorkspaceOptions

        @Option(name: .long, help: "The sync's number.")
        var sync: Int64

        @Option(name: .long, help: "Records to go through.")
        var total: Int64

        @Option(name: .long, help: "Records updated.")
        var updated: Int64 = 0

        @Option(name: .long, help: "Records that did not differ.")
        var unchanged: Int64 = 0

        @Option(name: .long, help: "Records skipped.")
        var skipped: Int64 = 0

        @Option(name: .long, help: "Records failed.")
        var failed: Int64 = 0

        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest {
            MethodRequest("bulk_sync.progress") { params in
                place.write(to: &params)
                params.member("sync", sync)
                params.member("total", total)
                params.member("processed", updated + unchanged + skipped + failed)
                params.member("updated", updated)
                params.member("unchanged", unchanged)
                params.member("skipped", skipped)
                params.member("failed", failed)
            }
        }

        func show(_ result: JSONView, on terminal: Terminal) { BulkSyncCommand.show(result, on: terminal) }
    }

    struct Pause: BulkSyncTransition {
        static let configuration = CommandConfiguration(
            abstract: "Pause the active sync.",
            discussion: "EXAMPLE\n  ledgerline bulk-sync pause --org 00D000000000001 --workspace support"
        )
        static let method = "bulk_sync.pause"

        @OptionGroup var target: BulkSyncTarget
        @OptionGroup var connection: ConnectionOptions
    }

    struct Resume: BulkSyncTransition {
        static let configuration = CommandConfiguration(
            abstract: "Resume a sync that was paused by hand.",
            discussion: "EXAMPLE\n  ledgerline bulk-sync resume --org 00D000000000001 --workspace support"
        )
        static let method = "bulk_sync.resume"

        @OptionGroup var target: BulkSyncTarget
        @OptionGroup var connection: ConnectionOptions
    }

    struct Stop: BulkSyncTransition {
        static let configuration = CommandConfiguration(
            abstract: "Stop the active sync for good.",
            discussion: "EXAMPLE\n  ledgerline bulk-sync stop --org 00D000000000001 --workspace support"
        )
        static let method = "bulk_sync.stop"

        @OptionGroup var target: BulkSyncTarget
        @OptionGroup var connection: ConnectionOptions
    }

    struct Complete: BulkSyncTransition {
        static let configuration = CommandConfiguration(
            abstract: "Report that the active sync is complete.",
            discussion: "EXAMPLE\n  ledgerline bulk-sync complete --org 00D000000000001 --workspace support"
        )
        static let method = "bulk_sync.complete"

        @OptionGroup var target: BulkSyncTarget
        @OptionGroup var connection: ConnectionOptions
    }

    struct Fail: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Report that the active sync failed.",
            discussion: """
                EXAMPLE
                  ledgerline bulk-sync fail --org 00D000000000001 --workspace support \\
                    --code INVALID_SESSION_ID --message "Session expired"
                """
        )

        @OptionGroup var target: BulkSyncTarget

        @Option(name: .long, help: "What failed, for programs.")
        var code: String

        @Option(name: .long, help: "What failed, for people.")
        var message: String

        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest {
            MethodRequest("bulk_sync.fail") { params in
                target.write(to: &params)
                params.member("code", code)
                params.member("message", message)
            }
        }

        func show(_ result: JSONView, on terminal: Terminal) { BulkSyncCommand.show(result, on: terminal) }
    }

    struct Get: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the latest sync, or one by its number.",
            discussion: "EXAMPLE\n  ledgerline bulk-sync get --org 00D000000000001 --workspace support"
        )

        @OptionGroup var target: BulkSyncTarget
        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest { MethodRequest("bulk_sync.get") { target.write(to: &$0) } }

        func show(_ result: JSONView, on terminal: Terminal) {
            BulkSyncCommand.show(result, on: terminal)
            BulkSyncReport.lines(result, terminal.style).forEach { terminal.writeLine($0) }
        }
    }

    struct List: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the syncs, the newest first.",
            discussion: "EXAMPLE\n  ledgerline bulk-sync list --org 00D000000000001 --workspace support"
        )

        @OptionGroup var place: WorkspaceOptions

        @Option(name: .long, help: "At most so many, 1 to 1,000.")
        var limit = 50

        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest {
            MethodRequest("bulk_sync.list") { params in
                place.write(to: &params)
                params.member("limit", limit)
            }
        }

        func show(_ result: JSONView, on terminal: Terminal) {
            var table = Table(
                .right("SYNC"),
                .left("STATE"),
                .left("STARTED"),
                .left("ENDED"),
                .right("PROCESSED"),
                .right("TOTAL"),
                .left("CAUSE")
            )
            for sync in result.elements("syncs") {
                let state = sync.text("state")
                table.add([
                    Table.Cell("\(sync.count("sync"))", .bold), Table.Cell(state, BulkSyncCommand.look(ofState: state)),
                    Table.Cell(sync.text("started_at")), Table.Cell(sync.text("ended_at")),
                    Table.Cell(Numbers.grouped(sync.integer("processed"))),
                    Table.Cell(Numbers.grouped(sync.integer("total"))),
                    Table.Cell(TierText.words(sync.text("cause"))),
                ])
            }
            guard !table.isEmpty else { return terminal.writeLine("no bulk syncs") }
            table.lines(terminal.style).forEach { terminal.writeLine($0) }
        }
    }
}

/// A workspace, and one of its syncs where the latest is not meant.
struct BulkSyncTarget: ParsableArguments {
    @OptionGroup var place: WorkspaceOptions

    @Option(name: .long, help: "The sync's number (default: the latest).")
    var sync: Int64?

    func write(to params: inout JSONWriter) {
        place.write(to: &params)
        params.member("sync", ifPresent: sync)
    }
}

/// A command that moves the active sync into another state and has no parameters of its own.
protocol BulkSyncTransition: MethodCommand {
    static var method: String { get }
    var target: BulkSyncTarget { get }
}

extension BulkSyncTransition {
    var request: MethodRequest { MethodRequest(Self.method) { target.write(to: &$0) } }

    func show(_ result: JSONView, on terminal: Terminal) { BulkSyncCommand.show(result, on: terminal) }
}

/// How far a sync is, in a picture and in numbers.
enum BulkSyncReport {
    private static let width = 40

    static func lines(_ sync: JSONView, _ style: Style) -> [String] {
        guard let total = sync.integer("total") else { return ["  no progress reported yet"] }
        let processed = sync.count("processed")
        let counts = ["updated", "unchanged", "skipped", "failed"] as [StaticString]
        let parts = counts.map { "\(Numbers.grouped(sync.count($0))) \($0)" }.joined(separator: ", ")
        return [
            "  \(bar(processed, of: total, style)) \(Numbers.grouped(processed)) of \(Numbers.grouped(total))",
            "  \(parts)",
        ]
    }

    static func bar(_ done: Int64, of total: Int64, _ style: Style, width: Int = BulkSyncReport.width) -> String {
        let filled = total > 0 ? Int(done * Int64(width) / total) : width
        return style(String(repeating: "█", count: filled), .cyan)
            + style(String(repeating: "░", count: max(0, width - filled)), .dim)
    }
}
