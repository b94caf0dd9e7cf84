import ArgumentParser
import LedgerClient

/// `ledgerline bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how many calls a second a server records, and how long each takes.",
        discussion: """
            Every reply is checked, and at the end the log must have grown by what was answered. The calls stay in the \
            server's ledger, in orgs named bench-1, bench-2 …: do not measure a ledger that you care for.

            EXAMPLES
              ledgerline bench
              ledgerline bench --connections 8 --in-flight 1 --seconds 5
              ledgerline bench --batch 1000 --in-flight 4
              ledgerline bench --ids --json
            """
    )

    @Option(name: .long, help: "Connections.")
    var connections = 8

    @Option(name: .long, help: "Requests in flight on each connection.")
    var inFlight = 128

    @Option(name: .long, help: "How long to measure, in seconds.")
    var seconds = 10.0

    @Option(name: .long, help: "How long to run before measuring, in seconds.")
    var warmUp = 1.0

    @Option(name: .long, help: "Calls in one usage.record_batch; 0 records call by call.")
    var batch = 0

    @Option(name: .long, help: "Workspaces in each org.")
    var workspaces = 3

    @Option(name: .long, help: "Orgs.")
    var orgs = 1

    @Flag(name: .long, help: "Give every call a random id of 26 characters.")
    var ids = false

    @Option(name: .long, help: "Threads of the client (default: half of the processors).")
    var threads: Int?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        let bounds: [(String, Int, ClosedRange<Int>)] = [
            ("--connections", connections, 1...10_000), ("--in-flight", inFlight, 1...8_192),
            ("--batch", batch, 0...10_000), ("--workspaces", workspaces, 1...10_000), ("--orgs", orgs, 1...1_000),
            ("--threads", threads ?? 1, 1...256),
        ]
        for (name, value, range) in bounds where !range.contains(value) {
            throw ValidationError("\(name) must be \(range.lowerBound) to \(range.upperBound).")
        }
        guard seconds > 0, seconds <= 3_600, warmUp >= 0, warmUp <= 3_600 else {
            throw ValidationError("--seconds and --warm-up must be times of up to an hour.")
        }
    }

    func run() async throws {
        let workload = BenchWorkload(orgs: orgs, workspaces: workspaces, batch: batch, usesIDs: ids)
        let run = BenchRun(
            address: try connection.address(),
            configuration: connection.configuration,
            workload: workload,
            connections: connections,
            inFlight: inFlight,
            threads: threads,
            warmUp: .seconds(warmUp),
            measured: .seconds(seconds)
        )
        let report = BenchReport(shape: self, result: try await run.result())
        if connection.json {
            Terminal.output.write(report.json)
        } else {
            report.lines(Terminal.output.style).forEach { Terminal.output.writeLine($0) }
        }
        try report.check()
    }
}
