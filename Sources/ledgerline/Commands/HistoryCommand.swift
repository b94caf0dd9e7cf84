import ArgumentParser
import EventSourcing
import LedgerClient
import LineJSON

/// `ledgerline history`
struct HistoryCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Who used how much, hour by hour or day by day.",
        discussion: """
            Without --from and --to: the last 24 hours, or all there is when that is older.

            EXAMPLES
              ledgerline history --org 00D000000000001
              ledgerline history --org 00D000000000001 --by integration,hour --from 24h
              ledgerline history --org 00D000000000001 --by workspace,purpose,day --from 2026-11-01 --to 2026-11-08
              ledgerline history --org 00D000000000001 --by resource --json
            """
    )

    /// What calls can be told apart by.
    enum Dimension: String, CaseIterable, ExpressibleByArgument {
        case workspace, integration, purpose, verb, resource, status
    }

    enum Bucket: String {
        case hour, day

        var milliseconds: Int64 { self == .hour ? 3_600_000 : 86_400_000 }
    }

    @Option(name: .long, help: "The org.")
    var org: String

    @Option(name: .long, help: "Only this workspace.")
    var workspace: String?

    @Option(
        name: .long,
        help:
            "What to tell apart, with commas: workspace, integration, purpose, verb, resource, status; and hour or day."
    )
    var by = "workspace"

    @Option(name: .long, help: "From when: RFC 3339, a day, or 90m, 24h, 7d ago.")
    var from: TimeArgument?

    @Option(name: .long, help: "To when (default: now).")
    var to: TimeArgument?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        _ = try grouping()
    }

    func run(_ client: LedgerClient, _: Void) async throws {
        let range = try await range(client)
        let reply = try await client.call(request(range, try grouping()))
        try reply.show(asJSON: connection.json) { history in
            let terminal = Terminal.output
            HistoryReport(
                history: history,
                dimensions: (try? grouping().dimensions) ?? [],
                width: terminal.size.columns
            )
            .lines(terminal.style).forEach { terminal.writeLine($0) }
        }
    }

    /// A question of `usage.history`.
    private struct Range {
        var from: Timestamp
        var to: Timestamp
        var preferred: Bucket
    }

    private func grouping() throws -> (dimensions: [Dimension], bucket: Bucket?) {
        var dimensions: [Dimension] = []
        var bucket: Bucket?
        for name in by.split(separator: ",").map(String.init) {
            if let wanted = Bucket(rawValue: name), bucket == nil {
                bucket = wanted
            } else if let dimension = Dimension(rawValue: name), !dimensions.contains(dimension) {
                dimensions.append(dimension)
            } else {
                throw ValidationError(
                    "--by takes \(Dimension.allCases.map(\.rawValue).joined(separator: ", ")) once each, "
                        + "and hour or day, not \"\(name)\"."
                )
            }
        }
        return (dimensions, bucket)
    }

    private func request(_ range: Range, _ grouping: (dimensions: [Dimension], bucket: Bucket?)) -> MethodRequest {
        MethodRequest("usage.history") { params in
            params.member("org", org)
            params.member("workspace", ifPresent: workspace)
            params.member("from", range.from.description)
            params.member("to", range.to.description)
            params.member("bucket", (grouping.bucket ?? range.preferred).rawValue)
            params.member("group_by", grouping.dimensions.map(\.rawValue))
        }
    }

    private func range(_ client: LedgerClient) async throws -> Range {
        let now = Timestamp.now
        let end = to?.timestamp(now: now) ?? now
        if let from {
            let begin = from.timestamp(now: now)
            return Range(from: begin, to: end, preferred: end - begin > .days(4) ? .day : .hour)
        }
        let lastDay = Range(from: end - .hours(24), to: end, preferred: .hour)
        guard to == nil, try await days(lastDay, client) == nil else { return lastDay }
        // Nothing in the last 24 hours: all there is.
        let all = Range(from: Timestamp(milliseconds: 0), to: end + .days(1), preferred: .day)
        guard let days = try await days(all, client) else { return lastDay }
        let dataRange = Range(from: days.lowerBound, to: days.upperBound + .days(1), preferred: .day)
        Terminal.errors.writeLine("nothing in the last 24 hours; showing all there is")
        return Range(
            from: dataRange.from,
            to: dataRange.to,
            preferred: dataRange.to - dataRange.from > .days(4) ? .day : .hour
        )
    }

    /// The first and the last day in the range on which calls were made; nil when there is none.
    private func days(_ range: Range, _ client: LedgerClient) async throws -> ClosedRange<Timestamp>? {
        let reply = try await client.call(request(range, ([], .day)))
        return try reply.withValue { history in
            let days = history.elements("rows").compactMap { Timestamp($0.text("bucket")) }
            guard let first = days.min(), let last = days.max() else { return nil }
            return first...last
        }
    }
}

extension LedgerClient {
    func call(_ request: MethodRequest) async throws -> Reply {
        try await call(request.method, params: request.params)
    }
}
