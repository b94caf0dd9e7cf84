import Histogram
import LineJSON

/// What a measurement found, for people and for programs.
struct BenchReport {
    private static let percentiles = [50.0, 90, 99, 99.9, 99.99]

    let shape: BenchCommand
    let result: BenchRun.Result

    private var requestsPerSecond: Double { Double(result.load.measuredReplies) / result.seconds }
    private var callsPerSecond: Double { requestsPerSecond * Double(result.callsPerRequest) }
    /// Events that must have come into the log.
    private var recorded: Int64 { (result.load.replies - refused) * Int64(result.callsPerRequest) }
    private var refused: Int64 { min(result.load.replies, result.load.badReplies) }

    /// Throws when a reply was wrong, or when something that was acknowledged is not in the log.
    func check() throws {
        if result.load.badReplies > 0 {
            let problem = result.load.firstProblem.map { ", the first: \($0)" } ?? ""
            throw CommandFailure(.refused, "\(Numbers.grouped(result.load.badReplies)) bad replies\(problem)")
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
        let load = "\(shape.connections) connections × \(shape.inFlight) in flight"
        let what = shape.batch > 0 ? "usage.record_batch of \(Numbers.grouped(shape.batch))" : "usage.record"
        var table = Table(.left("PERCENTILE"), .right("MILLISECONDS"))
        for percentile in BenchReport.percentiles {
            table.add([Table.Cell("\(percentile)"), Table.Cell(milliseconds(latency(percentile)), .bold)])
        }
        table.add(["max", Table.Cell(milliseconds(result.load.latencies.max), .bold)])
        return [
            "\(what), \(load), \(Numbers.oneDecimal(result.seconds)) s\(shape.ids ? ", with ids" : "")",
            "",
            "\(style(Numbers.grouped(Int64(callsPerSecond)), .bold, .green)) calls/s, every reply durable and checked"
                + (shape.batch > 0 ? " (\(Numbers.grouped(Int64(requestsPerSecond))) requests/s)" : ""),
            "\(Numbers.grouped(recorded)) calls recorded, the log grew by \(Numbers.grouped(result.logGrowth))",
            "",
        ] + table.lines(style)
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { report in
            report.member("connections", shape.connections)
            report.member("in_flight", shape.inFlight)
            report.member("batch", shape.batch)
            report.member("ids", shape.ids)
            report.member("seconds", result.seconds)
            report.member("calls_per_second", Int64(callsPerSecond))
            report.member("requests_per_second", Int64(requestsPerSecond))
            report.member("requests", result.load.measuredReplies)
            report.member("bad_replies", result.load.badReplies)
            report.member("log_growth", result.logGrowth)
            report.object("latency_ns") { latencies in
                for percentile in BenchReport.percentiles {
                    latencies.key("p\(percentile)")
                    latencies.value(Int64(latency(percentile)))
                }
                latencies.member("max", Int64(result.load.latencies.max))
                latencies.member("mean", result.load.measuredReplies > 0 ? result.load.latencies.mean : 0)
            }
        }
        writer.endLine()
        return writer.take()
    }

    private func latency(_ percentile: Double) -> UInt64 {
        result.load.measuredReplies > 0 ? result.load.latencies.valueAtPercentile(percentile) : 0
    }

    /// Three decimals: `1.234`.
    private func milliseconds(_ nanoseconds: UInt64) -> String {
        let microseconds = nanoseconds / 1_000
        let fraction = String(microseconds % 1_000)
        return
            "\(Numbers.grouped(microseconds / 1_000)).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}
