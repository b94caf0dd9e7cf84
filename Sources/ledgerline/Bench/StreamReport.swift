import LineJSON

/// How fast a log was read.
struct StreamReport: BenchFindings {
    let result: StreamResult

    private var eventsPerSecond: Double { Double(result.events) / result.seconds }
    private var bytesPerSecond: Double { Double(result.bytes) / result.seconds }

    func lines(_ style: Style) -> [String] {
        [
            "events.stream from the start, one connection",
            "",
            "\(style(Numbers.grouped(Int64(eventsPerSecond)), .bold, .green)) events/s, "
                + "\(Numbers.bytes(Int64(bytesPerSecond)))/s",
            "\(Numbers.grouped(result.events)) events, \(Numbers.bytes(result.bytes)), "
                + Numbers.span(milliseconds: Int64(result.seconds * 1_000)),
        ]
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { report in
            report.member("events", result.events)
            report.member("bytes", result.bytes)
            report.member("seconds", result.seconds)
            report.member("events_per_second", Int64(eventsPerSecond))
            report.member("bytes_per_second", Int64(bytesPerSecond))
        }
        writer.endLine()
        return writer.take()
    }
}
