import ArgumentParser
import EventSourcing
import Foundation
import LedgerClient
import LineJSON

/// `ledgerline export`
struct ExportCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write events to a file.",
        discussion: """
            jsonl: the log's own lines, byte for byte. csv: position, time, type, org, workspace, and data as JSON.

            EXAMPLES
              ledgerline export --output events.jsonl
              ledgerline export --from 2026-11-01 --to 2026-12-01 --format csv --output november.csv
              ledgerline export --type tier. --org 00D000000000001 --output - | wc -l
            """
    )

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case jsonl, csv
    }

    @Option(name: .long, help: "start, a position, or a time (RFC 3339, a day, or 90m, 24h, 7d ago).")
    var from = "start"

    @Option(name: .long, help: "Up to and with this position, or up to this time (default: all there is now).")
    var to: String?

    @Option(name: .long, help: "Only events of this org.")
    var org: String?

    @Option(name: .long, help: "Only events of this workspace.")
    var workspace: String?

    @Option(name: .long, help: "Only events whose type begins with this.")
    var type: String?

    @Option(name: .long, help: "jsonl or csv.")
    var format = Format.jsonl

    @Option(name: .long, help: "The file; - is standard output.", completion: .file())
    var output: String

    @Flag(name: .long, help: "Replace the file when it is there.")
    var force = false

    @OptionGroup var connection: ConnectionOptions

    /// Events asked for at a time.
    private static let pageEvents = 5_000

    func validate() throws {
        _ = try start()
        _ = try end()
    }

    func run(_ client: LedgerClient, _: Void) async throws {
        let file = try ExportFile(path: output, replacing: force)
        var exporter = EventExporter(format: format, end: try end())
        var bar = ProgressBar("export", unit: "positions")
        try file.write(exporter.header)
        var next = try start()
        let first = try await client.call("server.info").withValue { $0["head"]?.count("position") ?? 0 }
        let last = exporter.end.position.map { min($0, first) } ?? first
        while let from = next, !exporter.isDone {
            let reply = try await client.call("events.read") { write(from, to: &$0) }
            let position = try reply.withValue { try exporter.take($0) }
            try file.write(exporter.takeBytes())
            bar.show(position, of: last)
            next = position > last ? nil : .position(position)
        }
        bar.finish()
        try file.finish()
        try report(exporter.events)
    }

    private func report(_ events: Int64) throws {
        guard output != "-" else { return }
        if connection.json {
            Terminal.output.writeLine(#"{"events":\#(events)}"#)
        } else {
            Terminal.output.writeLine("\(output): \(Numbers.grouped(events)) events")
        }
    }

    private func write(_ from: EventStreamRequest.Start, to params: inout JSONWriter) {
        switch from {
        case .position(let position): params.member("from", position)
        case .time(let time): params.member("from", time)
        case .start: params.member("from", "start")
        case .end: params.member("from", "end")
        }
        params.member("limit", ExportCommand.pageEvents)
        params.member("org", ifPresent: org)
        params.member("workspace", ifPresent: workspace)
        params.member("type", ifPresent: type)
    }

    private func start() throws -> EventStreamRequest.Start? { try StreamStartArgument.start(from) }

    private func end() throws -> EventExporter.End {
        guard let to else { return EventExporter.End() }
        switch try StreamStartArgument.start(to) {
        case .position(let position): return EventExporter.End(position: position)
        case .time(let time): return EventExporter.End(time: Timestamp(time))
        case .start: throw ValidationError("There is nothing before the start.")
        case .end: return EventExporter.End()
        }
    }
}
