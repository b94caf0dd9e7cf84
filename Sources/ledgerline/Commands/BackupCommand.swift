import ArgumentParser
import EventSourcing
import LedgerClient
import LineJSON

/// `ledgerline backup`
struct BackupCommand: MethodCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the ledger into a file in the server's backups directory, while everything goes on.",
        discussion: """
            The copy is verified, and has what was recorded before it was complete. `ledgerline restore` makes a data \
            directory of it; `ledgerline verify --against` tells later how far both are the same.

            EXAMPLES
              ledgerline backup
              ledgerline backup before-upgrade.db
            """
    )

    @Argument(help: "The file's name (default: ledger-TIME.db).")
    var name: String?

    @Option(name: .long, help: "Work on this data directory, which no server is using.", completion: .directory)
    var data: String?

    @OptionGroup var connection: ConnectionOptions

    var request: MethodRequest {
        MethodRequest("log.backup") { $0.member("path", name ?? BackupCommand.name(at: .now)) }
    }

    /// `ledger-20261121T175401Z.db`
    static func name(at time: Timestamp) -> String {
        let digits = time.description.prefix(19).filter { $0 != "-" && $0 != ":" }
        return "ledger-\(digits)Z.db"
    }

    func show(_ result: JSONView, on terminal: Terminal) {
        terminal.writeLine("\(result.text("path")): \(Numbers.bytes(result.count("bytes")))")
        guard let head = LogHead(result["head"]) else { return }
        terminal.writeLine("up to position \(Numbers.grouped(head.position.ordinal))")
        terminal.writeLine("\(head)")
    }
}
