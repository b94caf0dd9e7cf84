import ArgumentParser
import LedgerClient
import LineJSON

/// `ledgerline compact`
struct CompactCommand: MethodCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Pack old blocks; with a retention period, drop older bodies.",
        discussion: """
            No line and no hash changes by packing: `ledgerline verify` gives the same head before and after.

            EXAMPLES
              ledgerline compact --dry-run
              ledgerline compact --keep-events 100000
              ledgerline compact --retain-days 30
              ledgerline compact --data ledger-data      without a server
            """
    )

    @Flag(name: .long, help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Option(name: .long, help: "Leave so many of the newest events unpacked.")
    var keepEvents = 100_000

    @Option(name: .long, help: "Drop bodies older than so many days, at least 2.")
    var retainDays: Int?

    @Option(name: .long, help: "Work on this data directory, which no server is using.", completion: .directory)
    var data: String?

    @OptionGroup var connection: ConnectionOptions

    var request: MethodRequest {
        MethodRequest("log.compact") { params in
            if dryRun { params.member("dry_run", true) }
            params.member("keep_events", keepEvents)
            params.member("retain_days", ifPresent: retainDays)
        }
    }

    func show(_ result: JSONView, on terminal: Terminal) {
        if dryRun { terminal.writeLine("dry run: nothing was changed") }
        showSizes(result, on: terminal)
        let dropped = result.count("dropped_events")
        if dropped > 0 {
            terminal.writeLine("\(Numbers.grouped(dropped)) events dropped")
        } else if result.count("blocks_before") == result.count("blocks_after") {
            let kept = Numbers.grouped(Int64(keepEvents))
            terminal.writeLine("nothing to pack: the newest \(kept) events stay as they are (--keep-events)")
        }
    }

    private func showSizes(_ result: JSONView, on terminal: Terminal) {
        var table = Table(.left(""), .right("BEFORE"), .right("AFTER"))
        table.add([
            "blocks", Table.Cell(Numbers.grouped(result.count("blocks_before"))),
            Table.Cell(Numbers.grouped(result.count("blocks_after")), .bold),
        ])
        table.add([
            "size", Table.Cell(Numbers.bytes(result.count("bytes_before"))),
            Table.Cell(Numbers.bytes(result.count("bytes_after")), .bold),
        ])
        table.lines(terminal.style).forEach { terminal.writeLine($0) }
    }
}
