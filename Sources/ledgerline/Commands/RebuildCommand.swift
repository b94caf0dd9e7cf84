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

    private static let pollInterval = Duration.milliseconds(200)

    func run(_ client: LedgerClient) async throws {
        let reply = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await RebuildCommand.showProgress(of: name, client) }
            defer { group.cancelAll() }
            return try await client.call("projections.rebuild") { $0.member("name", name) }
        }
        try reply.show(asJSON: connection.json) { result in
            let milliseconds = max(1, result.count("duration_ms"))
            let events = result.count("events")
            Terminal.output.writeLine(
                "\(name): \(Numbers.grouped(events)) events in \(Numbers.span(milliseconds: milliseconds)), "
                    + "\(Numbers.grouped(events * 1_000 / milliseconds)) events/s, at position \(result.count("position"))"
            )
        }
    }

    /// Draws how far the rebuild is until it is cancelled.
    private static func showProgress(of name: String, _ client: LedgerClient) async throws {
        var bar = ProgressBar("rebuild", unit: "events")
        defer { bar.finish() }
        while true {
            try await Task.sleep(for: pollInterval)
            let progress = try await client.call("projections.list").withValue { list in
                list["projections"]?.elements.first { $0.text("name") == name }.map { projection in
                    (done: projection.count("position"), total: projection.count("position") + projection.count("lag"))
                }
            }
            if let progress { bar.show(progress.done, of: progress.total) }
        }
    }
}
