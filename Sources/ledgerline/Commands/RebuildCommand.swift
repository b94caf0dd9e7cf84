import ArgumentParser
import LedgerClient
import LineJSON

/// `ledgerline rebuild`
struct RebuildCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Make the read models anew from the log, while everything goes on.",
        discussion: """
            EXAMPLES
              ledgerline rebuild
              ledgerline rebuild --name usage_history
            """
    )

    @Option(name: .long, help: "The projection.")
    var name = "usage_history"

    @Option(name: .long, help: "Work on this data directory, which no server is using.", completion: .directory)
    var data: String?

    @OptionGroup var connection: ConnectionOptions

    func run(_ client: LedgerClient, _: Void) async throws {
        let reply = try await TaskProgress.show(of: "projections.rebuild", client) {
            try await client.call("projections.rebuild") { $0.member("name", name) }
        }
        try reply.show(asJSON: connection.json) { result in
            let milliseconds = max(1, result.count("duration_ms"))
            let events = result.count("events")
            Terminal.output.writeLine(
                "\(name): \(Numbers.grouped(events)) events in \(Numbers.span(milliseconds: milliseconds)), "
                    + "\(Numbers.grouped(events * 1_000 / milliseconds)) events/s, "
                    + "at position \(result.count("position"))"
            )
        }
    }
}
