import ArgumentParser
import LedgerClient
import LineJSON

/// `ledgerline mapping`
struct MappingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mapping",
        abstract: "Which Intercom attribute and which Salesforce field belong together.",
        discussion: """
            EXAMPLES
              ledgerline mapping list --org 00D000000000001 --workspace support
              ledgerline mapping set lead email Email --direction intercom_to_salesforce \\
                --org 00D000000000001 --workspace support
              ledgerline mapping remove lead email --org 00D000000000001 --workspace support
            """,
        subcommands: [Set.self, Remove.self, List.self]
    )

    enum SalesforceObject: String, CaseIterable, ExpressibleByArgument {
        case lead, contact
    }

    enum Direction: String, CaseIterable, ExpressibleByArgument {
        case intercomToSalesforce = "intercom_to_salesforce"
        case salesforceToIntercom = "salesforce_to_intercom"
    }

    private static let bulkSyncHint =
        "saving stops it for good, and the next one starts over with all records: pass --confirm to do that"

    private static func showStopped(_ result: JSONView, on terminal: Terminal) {
        if let sync = result.integer("stopped_bulk_sync") { terminal.writeLine("bulk sync \(sync) was stopped") }
    }

    struct Set: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Join an Intercom attribute and a Salesforce field in one direction.",
            discussion: """
                EXAMPLE
                  ledgerline mapping set lead email Email --direction intercom_to_salesforce \\
                    --org 00D000000000001 --workspace support
                """
        )

        @Argument(help: "lead or contact.")
        var object: SalesforceObject

        @Argument(help: "The Intercom attribute.")
        var intercom: String

        @Argument(help: "The Salesforce field.")
        var salesforce: String

        @Option(name: .long, help: "Which side is written.")
        var direction: Direction

        @Flag(name: .long, help: "Do it even though that stops an active bulk sync.")
        var confirm = false

        @OptionGroup var place: WorkspaceOptions
        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest {
            MethodRequest("mapping.set") { params in
                place.write(to: &params)
                params.member("object", object.rawValue)
                params.member("intercom", intercom)
                params.member("salesforce", salesforce)
                params.member("direction", direction.rawValue)
                if confirm { params.member("confirm", true) }
            }
        }

        var bulkSyncHint: String? { MappingCommand.bulkSyncHint }

        func show(_ result: JSONView, on terminal: Terminal) {
            terminal.writeLine(result["changed"]?.bool == false ? "it was so already" : "saved")
            MappingCommand.showStopped(result, on: terminal)
        }
    }

    struct Remove: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "Part an Intercom attribute from its Salesforce field.",
            discussion: "EXAMPLE\n  ledgerline mapping remove lead email --org 00D000000000001 --workspace support"
        )

        @Argument(help: "lead or contact.")
        var object: SalesforceObject

        @Argument(help: "The Intercom attribute.")
        var intercom: String

        @Flag(name: .long, help: "Do it even though that stops an active bulk sync.")
        var confirm = false

        @OptionGroup var place: WorkspaceOptions
        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest {
            MethodRequest("mapping.remove") { params in
                place.write(to: &params)
                params.member("object", object.rawValue)
                params.member("intercom", intercom)
                if confirm { params.member("confirm", true) }
            }
        }

        var bulkSyncHint: String? { MappingCommand.bulkSyncHint }

        func show(_ result: JSONView, on terminal: Terminal) {
            terminal.writeLine("removed")
            MappingCommand.showStopped(result, on: terminal)
        }
    }

    struct List: MethodCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the mappings.",
            discussion: "EXAMPLE\n  ledgerline mapping list --org 00D000000000001 --workspace support"
        )

        @OptionGroup var place: WorkspaceOptions
        @OptionGroup var connection: ConnectionOptions

        var request: MethodRequest { MethodRequest("mapping.list") { place.write(to: &$0) } }

        func show(_ result: JSONView, on terminal: Terminal) {
            var table = Table(.left("OBJECT"), .left("INTERCOM"), .left(""), .left("SALESFORCE"), .right("SINCE"))
            for mapping in result.elements("mappings") {
                let isToSalesforce = mapping.text("direction") == Direction.intercomToSalesforce.rawValue
                table.add([
                    Table.Cell(mapping.text("object")), Table.Cell(mapping.text("intercom"), .bold),
                    Table.Cell(isToSalesforce ? "→" : "←", .cyan), Table.Cell(mapping.text("salesforce"), .bold),
                    Table.Cell("#\(mapping.count("position"))", .dim),
                ])
            }
            guard !table.isEmpty else { return terminal.writeLine("no mappings") }
            table.lines(terminal.style).forEach { terminal.writeLine($0) }
        }
    }
}
