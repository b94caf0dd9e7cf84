import LineJSON

/// How fast calls were recorded.
struct BenchReport: BenchFindings {
    private static let percentiles = [50.0, 90, 99, 99.9, 99.99]

    let shape: BenchShape
    let result: BenchResult

    private var isBatched: Bool { shape.recording != .record }
    private var requestsPerSecond: Double { perSecond(result.measured) }
    private var callsPerSecond: Double { requestsPerSecond * Double(shape.recording.calls) }
    /// 0 when nothing was measured, because the warm-up went wrong.
    private func perSecond(_ slice: LoadSlice) -> Double {
        result.seconds > 0 ? Double(slice.replies) / result.seconds : 0
    }

    /// Events that must have come into the log.
    private var recorded: Int64 { result.acknowledged * Int64(shape.recording.calls) }

    /// Throws when a reply was wrong, or when something that was acknowledged is not in the log.
    func check() throws {
        if result.badReplies > 0 {
            let problem = result.firstProblem.map { ", the first: \($0)" } ?? ""
            throw CommandFailure(.refused, "\(Numbers.grouped(result.badReplies)) bad replies\(problem)")
        }
        guard result.logGrowth >= recorded else {
            throw CommandFailure(
                .verification,
                "\(Numbers.grouped(recorded)) calls were acknowledged, but the log grew by "
                    + Numbers.grouped(result.logGrowth)
            )
        }
    }

    func lines(_ style: Style) -> [String] {
        [title, "", summary(style), growth] + slowestSecond + [""] + latencies(style)
    }

    private var title: String {
        var title = "\(shape.recording.method)"
        if isBatched { title += " of \(Numbers.grouped(shape.recording.calls))" }
        title += ", \(shape.connections) connections × \(shape.inFlight) in flight"
        if let rate = shape.rate { title += " at \(Numbers.grouped(rate)) calls/s at most" }
        return title + ", \(Numbers.oneDecimal(result.seconds)) s\(shape.usesIDs ? ", with ids" : "")"
    }

    private func summary(_ style: Style) -> String {
        let requests = isBatched ? " (\(Numbers.grouped(Int64(requestsPerSecond))) requests/s)" : ""
        return "\(style(Numbers.grouped(Int64(callsPerSecond)), .bold, .green)) calls/s, "
            + "every reply durable and checked\(requests)"
    }

    private var growth: String {
        "\(Numbers.grouped(recorded)) calls recorded, the log grew by \(Numbers.grouped(result.logGrowth))"
    }

    private var slowestSecond: [String] {
        guard result.series.seconds.count > 1, let slowest = result.series.slowest else { return [] }
        let calls = Numbers.grouped(Int64(slowest.callsPerSecond))
        return ["slowest second: \(calls) calls/s, 99 % within \(milliseconds(slowest.p99)) ms"]
    }

    private func latencies(_ style: Style) -> [String] {
        let columns = [("MILLISECONDS", result.measured)] + (result.reads.map { [("USAGE.GET", $0)] } ?? [])
        var table = Table(columns: [.left("PERCENTILE")] + columns.map { .right($0.0) })
        func add(_ name: String, _ value: (LoadSlice) -> UInt64) {
            table.add([Table.Cell(name)] + columns.map { Table.Cell(milliseconds(value($0.1)), .bold) })
        }
        for percentile in BenchReport.percentiles { add("\(percentile)") { $0.latency(percentile: percentile) } }
        add("max", \.latencyMax)
        return table.lines(style)
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { report in
            writeShape(to: &report)
            report.member("seconds", result.seconds)
            report.member("calls_per_second", Int64(callsPerSecond))
            report.member("requests_per_second", Int64(requestsPerSecond))
            report.member("requests", result.measured.replies)
            report.member("bad_replies", result.badReplies)
            report.member("recorded", recorded)
            report.member("log_growth", result.logGrowth)
            writeLatencies(result.measured, "latency_ns", to: &report)
            if let reads = result.reads {
                report.member("reads_per_second", Int64(perSecond(reads)))
                writeLatencies(reads, "read_latency_ns", to: &report)
            }
            if let slowest = result.series.slowest {
                report.key("slowest_second")
                write(slowest, to: &report)
            }
            report.array("series") { series in
                for second in result.series.seconds { write(second, to: &series) }
            }
        }
        writer.endLine()
        return writer.take()
    }

    private func writeShape(to report: inout JSONWriter) {
        report.member("connections", shape.connections)
        report.member("in_flight", shape.inFlight)
        report.member("batch", isBatched ? shape.recording.calls : 0)
        report.member("orgs", shape.orgs)
        report.member("workspaces", shape.workspaces)
        report.member("ids", shape.usesIDs)
        report.member("spread_hours", shape.spreadHours)
        report.member("reads", shape.reads)
        report.member("rate", ifPresent: shape.rate)
        // As text: JSON numbers above 2^53 do not survive everywhere.
        report.member("seed", "\(shape.seed)")
    }

    private func writeLatencies(_ slice: LoadSlice, _ name: StaticString, to report: inout JSONWriter) {
        report.object(name) { latencies in
            for percentile in BenchReport.percentiles {
                latencies.key("p\(percentile)")
                latencies.value(Int64(slice.latency(percentile: percentile)))
            }
            latencies.member("max", Int64(slice.latencyMax))
            latencies.member("mean", slice.latencyMean)
        }
    }

    private func write(_ second: LoadSeries.Second, to writer: inout JSONWriter) {
        writer.object { figures in
            figures.member("seconds", second.length)
            figures.member("calls_per_second", Int64(second.callsPerSecond))
            figures.member("p99_ns", Int64(second.p99))
        }
    }

    /// Three decimals: `1.234`.
    private func milliseconds(_ nanoseconds: UInt64) -> String {
        let microseconds = nanoseconds / 1_000
        let fraction = String(microseconds % 1_000)
        return
            "\(Numbers.grouped(microseconds / 1_000)).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
