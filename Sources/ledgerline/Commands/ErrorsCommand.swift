import ArgumentParser
import LedgerClient
import LineJSON

/// `ledgerline errors`
struct ErrorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Sync errors: list them, look at one, retry.",
        discussion: """
            EXAMPLES
              ledgerline errors --org 00D000000000001 --workspace support
              ledgerline errors list --org 00D000000000001 --workspace support --all
              ledgerline errors get 17 --org 00D000000000001 --workspace support
              ledgerline errors retry 17 --org 00D000000000001 --workspace support
            """,
        subcommands: [List.self, Get.self, Retry.self],
        defaultSubcommand: List.self
    )

    enum Direction: String, CaseIterable, ExpressibleByArgument {
        case intercomToSalesforce = "intercom_to_salesforce"
        case salesforceToIntercom = "salesforce_to_intercom"
        case all
    }

    struct List: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the errors that are open, from Intercom to Salesforce unless told otherwise.",
            discussion: "EXAMPLE\n  ledgerline errors list --org 00D000000000001 --workspace support --all"
        )

        @OptionGroup var place: WorkspaceOptions

        @Flag(name: .long, help: "Errors of both directions.")
        var all = false

        @Option(name: .long, help: "Errors of this direction.")
        var direction: Direction?

        @Option(name: .long, help: "At most so many, 1 to 1,000.")
        var limit = 100

        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            if all, direction != nil { throw ValidationError("Give either --all or --direction, not both.") }
        }

        var request: MethodRequest {
            MethodRequest("sync_errors.list") { params in
                place.write(to: &params)
                params.member("direction", ifPresent: all ? Direction.all.rawValue : direction?.rawValue)
                params.member("limit", limit)
            }
        }

        func show(_ result: JSONView, on terminal: Terminal) {
            var table = Table(
                .right("ERROR"),
                .left("AT"),
                .left("SYNC"),
                .left("OBJECT"),
                .left("RECORD"),
                .left("ATTRIBUTE"),
                .right("TRY"),
                .left("STATE"),
                .left("CODE"),
                .left("MESSAGE")
            )
            for error in result.elements("errors") { table.add(List.row(error)) }
            guard !table.isEmpty else { return terminal.writeLine("no sync errors") }
            table.lines(terminal.style).forEach { terminal.writeLine($0) }
            if result["next_before"]?.isNull == false { terminal.writeLine("there are more; see --limit") }
        }

        private static func row(_ error: JSONView) -> [Table.Cell] {
            let messageColumnsMax = 60
            let isRetrying = error.text("state") == "retrying"
            return [
                Table.Cell("\(error.count("error"))", .bold), Table.Cell(error.text("at")),
                Table.Cell(TierText.words(error.text("sync_type"))), Table.Cell(error.text("object")),
                Table.Cell(error.text("record")), Table.Cell(error.text("attribute")),
                Table.Cell("\(error.count("attempt"))"),
                isRetrying ? Table.Cell("retrying", .yellow) : Table.Cell(error.text("state")),
                Table.Cell(error.text("code"), .red),
                Table.Cell(error.text("message").truncated(to: messageColumnsMax)),
            ]
        }
    }

    struct Get: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one error.",
            discussion: "EXAMPLE\n  ledgerline errors get 17 --org 00D000000000001 --workspace support"
        )

        @Argument(help: "The error's number.")
        var error: Int64

        @OptionGroup var place: WorkspaceOptions
        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest {
            MethodRequest("sync_errors.get") { params in
                place.write(to: &params)
                params.member("error", error)
            }
        }

        func show(_ result: JSONView, on terminal: Terminal) {
            terminal.writeLine(JSONText.pretty(result, terminal.style))
        }
    }

    struct Retry: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start another attempt; its calls count.",
            discussion: "EXAMPLE\n  ledgerline errors retry 17 --org 00D000000000001 --workspace support"
        )

        @Argument(help: "The error's number.")
        var error: Int64

        @Option(name: .long, help: "How many API calls the attempt makes, 0 to 1,000.")
        var calls = 1

        @OptionGroup var place: WorkspaceOptions
        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest {
            MethodRequest("sync_errors.retry") { params in
                place.write(to: &params)
                params.member("error", error)
                params.member("calls", calls)
            }
        }

        func show(_ result: JSONView, on terminal: Terminal) {
            terminal.writeLine("error \(result.count("error")): attempt \(result.count("attempt")) started")
        }
    }
}
