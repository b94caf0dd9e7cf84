public import ArgumentParser
public import EventSourcing
import LedgerClient
import LineJSON

/// `ledgerline verify`
struct VerifyCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the log's hash chain, and that the live state is what the log says.",
        discussion: """
            Reads the whole log once for the chain and once for the state. Exit status 4 when something does not check \
            out. With --json: a line for each; that of --against comes between them.

            A chain alone cannot tell that its end was cut off. Note its head where the ledger cannot reach it, and \
            expect it later: --head prints POSITION:HASH without checking anything, --expect checks that the log had \
            that head, compacted or not.

            --against tells whether this log and another one are the same as far as both go; with --data also the \
            first position that differs, with both lines. Exit status 0 when one is the beginning of the other.

            EXAMPLES
              ledgerline verify
              ledgerline verify --log-only
              ledgerline verify --data ledger-data       without a server; nothing is written
              ledgerline verify --head >> /mnt/elsewhere/heads
              ledgerline verify --expect "$(tail -n 1 /mnt/elsewhere/heads)"
              ledgerline verify --data ledger-data --against backup.db
            """
    )

    @Flag(name: .long, help: "Check the chain only.")
    var logOnly = false

    @Flag(name: .long, help: "Only print the log's head, POSITION:HASH.")
    var head = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The log must have had this head. May be given several times.",
            valueName: "position:hash"
        )
    )
    var expect: [LogHead] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Compare with this data directory or backup, whether a server is using it or not.",
            valueName: "ledger"
        ),
        completion: .file()
    )
    var against: String?

    @Option(name: .long, help: "Read this data directory, whether a server is using it or not.", completion: .directory)
    var data: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard !head || (expect.isEmpty && against == nil && !logOnly) else {
            throw ValidationError("--head checks nothing: give it alone.")
        }
    }

    mutating func run() async throws {
        guard let data else { return try await runWithServer() }
        guard connection.isDefault else { throw CommandFailure(.usage, "give either --data or a server, not both") }
        let offline = OfflineVerification(directory: data, asJSON: connection.json)
        if head { return try offline.printHead() }
        try offline.run(expecting: expect, against: against, logOnly: logOnly)
    }

    func run(_ client: LedgerClient, _: Void) async throws {
        if head { return try await client.call("server.info").showHead(asJSON: connection.json) }
        let verification = MethodRequest("log.verify", expecting: expect)
        let log = try await TaskProgress.show(of: verification.method, client) {
            try await client.call(verification.method, params: verification.params)
        }
        try log.show(asJSON: connection.json) { LogVerdict($0).show(expected: expect) }
        if let against { try await ServerComparison(client, against, asJSON: connection.json).run() }
        guard !logOnly else { return }
        let projections = try await TaskProgress.show(of: "projections.verify", client) {
            try await client.call("projections.verify")
        }
        try projections.show(asJSON: connection.json, VerifyCommand.showProjections)
        let isEqual = try projections.withValue { $0["equal"]?.bool == true }
        guard isEqual else { throw CommandFailure(.verification, "the live state is not what the log says") }
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

extension LogHead: ExpressibleByArgument {}

extension MethodRequest {
    /// One that takes heads which the log must have had.
    init(_ method: String, expecting heads: [LogHead]) {
        self.init(method) { params in
            guard !heads.isEmpty else { return }
            params.array("expect") { list in
                for head in heads { list.object { $0.members(of: head) } }
            }
        }
    }
}

extension Reply {
    /// The head in a result, `POSITION:HASH`, or as it is for a program.
    fileprivate func showHead(asJSON: Bool) throws {
        guard let head = try withValue({ LogHead($0["head"]) }) else {
            throw CommandFailure(.refused, "the server did not tell its log's head")
        }
        head.show(asJSON: asJSON)
    }
}
