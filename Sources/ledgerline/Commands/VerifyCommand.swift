import ArgumentParser
import LedgerClient
import LineJSON

/// `ledgerline verify`
struct VerifyCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the log's hash chain, and that the live state is what the log says.",
        discussion: """
            Reads the whole log once for the chain and once for the state. Exit status 4 when something does not check \
            out. With --json: one line for each of the two.

            EXAMPLES
              ledgerline verify
              ledgerline verify --log-only
              ledgerline verify --data ledger-data       without a server; nothing is written
            """
    )

    @Flag(name: .long, help: "Check the chain only.")
    var logOnly = false

    @Option(name: .long, help: "Read this data directory, whether a server is using it or not.", completion: .directory)
    var data: String?

    @OptionGroup var connection: ConnectionOptions

    mutating func run() async throws {
        guard let data else { return try await runWithServer() }
        guard connection.isDefault else { throw CommandFailure(.usage, "give either --data or a server, not both") }
        try OfflineVerification(directory: data, logOnly: logOnly).run(asJSON: connection.json)
    }

    func run(_ client: LedgerClient) async throws {
        let log = try await TaskProgress.show(of: "log.verify", client) { try await client.call("log.verify") }
        try log.show(asJSON: connection.json, VerifyCommand.showLog)
        guard !logOnly else { return }
        let projections = try await TaskProgress.show(of: "projections.verify", client) {
            try await client.call("projections.verify")
        }
        try projections.show(asJSON: connection.json, VerifyCommand.showProjections)
        let isEqual = try projections.withValue { $0["equal"]?.bool == true }
        guard isEqual else { throw CommandFailure(.verification, "the live state is not what the log says") }
    }

    private static func showLog(_ log: JSONView) {
        let head = log["head"]
        Terminal.output.writeLine(
            "log        ok: \(Numbers.grouped(log.count("events"))) events "
                + "in \(Numbers.grouped(log.count("blocks"))) blocks, "
                + "from \(log.count("first_held")) to \(head?.count("position") ?? 0)"
        )
        Terminal.output.writeLine("           \(head?.text("hash") ?? "")")
    }

    private static func showProjections(_ projections: JSONView) {
        let verdict = projections["equal"]?.bool == true ? "ok: live and replayed state are equal" : "NOT EQUAL"
        Terminal.output.writeLine("state      \(verdict), at position \(projections.count("position"))")
        Terminal.output.writeLine("  live     \(projections.text("live"))")
        Terminal.output.writeLine("  replay   \(projections.text("replay"))")
        if let snapshot = projections["snapshot"], !snapshot.isNull {
            Terminal.output.writeLine("  snapshot \(snapshot.text("hash")), at position \(snapshot.count("position"))")
        }
    }
}
