/// Progress of long work on standard error: a bar that is drawn over itself for a person, a line every few seconds for
/// a log.
struct ProgressBar {
    private static let redrawInterval = Duration.milliseconds(100)
    private static let lineInterval = Duration.seconds(5)
    private static let width = 30

    private let title: String
    /// What is counted.
    var unit: String
    private let terminal: Terminal
    private let clock = ContinuousClock()
    private let begun: ContinuousClock.Instant
    private var lastShown: ContinuousClock.Instant

    init(_ title: String, unit: String, terminal: Terminal = .errors) {
        self.title = title
        self.unit = unit
        self.terminal = terminal
        begun = clock.now
        lastShown = begun
    }

    /// Shows how far the work is, unless it was shown a moment ago. `total` is nil where it is unknown.
    mutating func show(_ done: Int64, of total: Int64?) {
        let interval = terminal.isInteractive ? ProgressBar.redrawInterval : ProgressBar.lineInterval
        guard clock.now - lastShown >= interval else { return }
        lastShown = clock.now
        if terminal.isInteractive {
            terminal.write("\r\u{1B}[K\(picture(done, total))")
        } else {
            terminal.writeLine(text(done, total))
        }
    }

    /// Removes the bar; what was drawn is gone, what was written as lines stays.
    func finish() {
        if terminal.isInteractive { terminal.write("\r\u{1B}[K") }
    }

    private func picture(_ done: Int64, _ total: Int64?) -> String {
        guard let total, total > 0 else { return text(done, total) }
        let filled = Int(Double(done) / Double(total) * Double(ProgressBar.width))
        let bar = String(repeating: "█", count: min(filled, ProgressBar.width))
        let rest = String(repeating: "░", count: max(0, ProgressBar.width - filled))
        let line = "\(text(done, total))"
        return
            "\(terminal.style(bar, .green))\(terminal.style(rest, .dim)) "
            + line.truncated(to: terminal.size.columns - 32)
    }

    private func text(_ done: Int64, _ total: Int64?) -> String {
        let elapsed = (clock.now - begun) / .seconds(1)
        let rate = elapsed > 0 ? Double(done) / elapsed : 0
        var text = "\(title): \(Numbers.grouped(done))"
        if let total { text += " of \(Numbers.grouped(total))" }
        text += " \(unit), \(Numbers.grouped(Int64(rate)))/s"
        if let total, rate > 0, total > done {
            text += ", \(Numbers.span(milliseconds: Int64(Double(total - done) / rate * 1_000))) left"
        }
        return text
    }
}
