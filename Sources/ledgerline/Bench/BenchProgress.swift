/// How a measurement goes, on one line that is drawn over itself; nothing where nobody looks.
struct BenchProgress {
    private static let sparklineColumns = 40

    let measured: Duration
    private let terminal: Terminal

    init(measured: Duration, terminal: Terminal = .errors) {
        self.measured = measured
        self.terminal = terminal
    }

    /// Draws what the seconds so far looked like.
    func show(_ series: LoadSeries) {
        guard terminal.isInteractive, let last = series.seconds.last else { return }
        let text = BenchProgress.text(series, last, of: measured)
        terminal.write("\r\u{1B}[K\(text.truncated(to: terminal.size.columns - 1))")
    }

    /// Removes what was drawn.
    func finish() {
        if terminal.isInteractive { terminal.write("\r\u{1B}[K") }
    }

    /// `▇█▇▅ 212,345 calls/s, p99 4.1 ms, 4 of 10 s`
    static func text(_ series: LoadSeries, _ last: LoadSeries.Second, of measured: Duration) -> String {
        let rates = series.seconds.suffix(sparklineColumns).map { Int64($0.callsPerSecond) }
        let picture = Sparkline(values: rates, highest: rates.max() ?? 0).text(.plain)
        let total = Int((measured / .seconds(1)).rounded(.up))
        return "\(picture) \(Numbers.grouped(Int64(last.callsPerSecond))) calls/s, "
            + "p99 \(Numbers.oneDecimal(Double(last.p99) / 1_000_000)) ms, \(series.seconds.count) of \(total) s"
    }
}
