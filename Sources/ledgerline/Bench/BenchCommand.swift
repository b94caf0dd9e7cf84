import ArgumentParser
import LedgerClient
import NIOCore

/// `ledgerline bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how many calls a second a server records, and how long each takes.",
        discussion: """
            Records calls as varied as those of a Salesforce event log file, over TCP. Every reply is read and checked, and at \
            the end the log must have grown by what was answered. A new request goes out when one was answered; its time \
            counts from when it was written. The calls stay in the server's ledger, in orgs named bench-1, bench-2 …: do \
            not measure a ledger that you care for.

            The same --seed records the same calls, ids included: give one only together with a new ledger, as the server \
            knows every id again.

            EXAMPLES
              ledgerline bench
              ledgerline bench --connections 8 --in-flight 1 --seconds 5
              ledgerline bench --batch 1000 --in-flight 4
              ledgerline bench --no-ids --seconds 300 --json
              ledgerline bench --rate 100000 --reads 2     usage.get while recording
              ledgerline bench --stream                    how fast the log can be read
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
    var workspaces = 8

    @Option(name: .long, help: "Orgs.")
    var orgs = 4

    @Flag(name: .long, inversion: .prefixedNo, help: "Give every call a random id of 26 characters.")
    var ids = true

    @Option(name: .long, help: "Date calls at random within the last so many hours; 0 dates none.")
    var spreadHours = 0

    @Option(name: .long, help: "Connections that ask usage.get meanwhile, one question in flight on each.")
    var reads = 0

    @Option(name: .long, help: "Calls a second at most (default: as many as are answered).")
    var rate: Int?

    @Option(name: .long, help: "What the calls are made from (default: another one each time).")
    var seed: UInt64?

    @Option(name: .long, help: "Threads of the client (default: half of the processors).")
    var threads: Int?

    @Flag(name: .long, help: "Read the whole log by events.stream instead, on one connection.")
    var stream = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        let bounds: [(String, Int, ClosedRange<Int>)] = [
            ("--connections", connections, 1...10_000), ("--in-flight", inFlight, 1...8_192),
            ("--batch", batch, 0...5_000), ("--workspaces", workspaces, 1...10_000), ("--orgs", orgs, 1...1_000),
            ("--spread-hours", spreadHours, 0...23), ("--reads", reads, 0...1_000),
            ("--rate", rate ?? 1, 1...100_000_000), ("--threads", threads ?? 1, 1...256),
        ]
        for (name, value, range) in bounds where !range.contains(value) {
            throw ValidationError("\(name) must be \(range.lowerBound) to \(range.upperBound).")
        }
        guard seconds > 0, seconds <= 86_400, warmUp >= 0, warmUp <= 3_600 else {
            throw ValidationError("--seconds must be a time of up to a day, --warm-up one of up to an hour.")
        }
    }

    func run() async throws {
        if stream { try await measureStream() } else { try await measureRecording() }
    }

    private func measureRecording() async throws {
        let run = BenchRun(
            address: try connection.address(),
            configuration: try connection.configuration(),
            shape: shape
        )
        let progress = BenchProgress(measured: shape.measured)
        let report = BenchReport(shape: run.shape, result: try await result(of: run, progress))
        show(report)
        try report.check()
    }

    private func result(of run: BenchRun, _ progress: BenchProgress) async throws -> BenchResult {
        defer { progress.finish() }
        return try await run.result { progress.show($0) }
    }

    private func measureStream() async throws {
        let run = StreamRun(address: try connection.address(), configuration: try connection.configuration())
        show(StreamReport(result: try await run.result()))
    }

    private func show(_ findings: some BenchFindings) {
        if connection.json {
            Terminal.output.write(findings.json)
        } else {
            findings.lines(Terminal.output.style).forEach { Terminal.output.writeLine($0) }
        }
    }

    private var shape: BenchShape {
        BenchShape(
            connections: connections,
            inFlight: inFlight,
            recording: batch > 0 ? .recordBatch(calls: batch) : .record,
            orgs: orgs,
            workspaces: workspaces,
            usesIDs: ids,
            spreadHours: spreadHours,
            reads: reads,
            rate: rate,
            seed: seed ?? .random(in: .min ... .max),
            threads: threads ?? max(1, System.coreCount / 2),
            warmUp: .seconds(warmUp),
            measured: .seconds(seconds)
        )
    }
}
