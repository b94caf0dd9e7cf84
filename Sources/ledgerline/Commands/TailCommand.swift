import ArgumentParser
import EventSourcing
import LedgerClient
import LineJSON

/// `ledgerline tail`
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Watch events as they come, or from any place of the log on.",
        discussion: """
            A lost connection is made again; the stream goes on behind the last event that was seen.

            EXAMPLES
              ledgerline tail                                    what comes from now on
              ledgerline tail --from start --type tier.          every change of a tier so far, then live
              ledgerline tail --from 2026-11-21T08:00:00Z --org 00D000000000001
              ledgerline tail --from 1h --json | jq .type        the last hour, as the log's own lines
            """
    )

    @Option(name: .long, help: "start, end, a position, or a time (RFC 3339, a day, or 90m, 24h, 7d ago).")
    var from = "end"

    @Option(name: .long, help: "Only events of this org.")
    var org: String?

    @Option(name: .long, help: "Only events of this workspace.")
    var workspace: String?

    @Option(name: .long, help: "Only events whose type begins with this, such as bulk_sync. or tier.changed.")
    var type: String?

    @Flag(name: .long, help: "Stop when the connection is lost.")
    var noReconnect = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        _ = try StreamStartArgument.start(from)
    }

    func run() async throws {
        let request = EventStreamRequest(
            from: try StreamStartArgument.start(from),
            org: org,
            workspace: workspace,
            type: type
        )
        let address = try connection.address()
        var writer = TailWriter(isRaw: connection.json)
        if noReconnect {
            try await withEventStream(to: address, request, configuration: connection.configuration()) { lines in
                for try await line in lines { writer.show(line) }
            }
            writer.flush()
        } else {
            let tail = EventTail(address, request, configuration: try connection.configuration())
            try await tail.run { update in
                switch update {
                case .line(let line): writer.show(line)
                case .disconnected(let error, let wait): writer.showDisconnected(error, retryIn: wait)
                case .reconnected: writer.showReconnected()
                }
            }
        }
    }
}

/// Where a stream or an export begins, as a person gives it.
enum StreamStartArgument {
    static func start(_ text: String) throws -> EventStreamRequest.Start {
        switch text {
        case "start": return .start
        case "end": return .end
        default: break
        }
        if let position = Int64(text) {
            guard position >= 1 else { throw ValidationError("Positions begin with 1.") }
            return .position(position)
        }
        guard let time = TimeArgument(argument: text) else {
            throw ValidationError("\"\(text)\" is not start, end, a position or a time.")
        }
        return .time(time.timestamp(now: .now).description)
    }
}

/// Writes the lines of a stream: as they are, or for people.
private struct TailWriter {
    private static let bufferBytesMax = 65_536

    private let isRaw: Bool
    private let output = Terminal.output
    private var buffer: [UInt8] = []
    /// Behind the catch-up every event is shown at once; before, they are many.
    private var isLive = false

    init(isRaw: Bool) {
        self.isRaw = isRaw
    }

    mutating func show(_ line: StreamLine) {
        switch line {
        case .event(let event):
            buffer += isRaw ? event.bytes : Array(EventFormatter.line(event, output.style).utf8)
            buffer.append(UInt8(ascii: "\n"))
        case .control(let control):
            if control.name == "caught_up" { isLive = true }
            if !isRaw, control.name == "closing" { note("the server closes the stream") }
            flush()
        }
        if isLive || buffer.count >= TailWriter.bufferBytesMax { flush() }
    }

    mutating func showDisconnected(_ error: any Error, retryIn wait: Duration) {
        flush()
        isLive = false
        note(
            "\(FailureReport(error).message); "
                + "trying again in \(Numbers.span(milliseconds: Int64(wait / .milliseconds(1))))"
        )
    }

    func showReconnected() {
        note("connected again")
    }

    mutating func flush() {
        guard !buffer.isEmpty else { return }
        output.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private func note(_ text: String) {
        Terminal.errors.writeLine(Terminal.errors.style("-- \(text)", .dim))
    }
}
