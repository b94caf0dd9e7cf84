/// A picture of usage against a limit, with the lines at which things pause.
///
///     ██████████████▌          │                   │         │
///     0                       40                  80       100 %
struct UsageBar {
    /// Calls in the last 24 hours.
    var used: Int64
    /// The limit they count against; 0 is legal and always used up.
    var limit: Int64
    /// The lines in percent of the limit: bulk sync pauses at the first, event-based sync at the second.
    var lines: [Int] = [40, 80]
    /// Columns of the picture.
    var width: Int

    private static let legendUnit = " %"
    /// Columns by which the legend is wider than the picture.
    static let legendOverhang = legendUnit.count

    /// Eighths of a block, from none to seven.
    private static let partialBlocks: [Character] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// Exactly as the server computes tiers: `used * 100 >= limit * percent`.
    private func hasReached(_ percent: Int) -> Bool { used * 100 >= limit * Int64(percent) }

    /// Where the picture's right end is, in percent: beyond 100 when usage is, so that nothing is clamped.
    private var scale: Double {
        guard limit > 0 else { return 100 }
        return max(100, Double(used) * 100 / Double(limit))
    }

    private func column(ofPercent percent: Int) -> Int {
        min(width - 1, Int((Double(percent) / scale * Double(width)).rounded()) - 1)
    }

    func bar(_ style: Style) -> String {
        let share = limit > 0 ? Double(used) * 100 / Double(limit) / scale : 1
        let eighths = Int((share * Double(width) * 8).rounded())
        let marks = Set((lines + [100]).map { column(ofPercent: $0) })
        return (0..<width).map { column in cell(column, eighths: eighths, isMark: marks.contains(column), style) }
            .joined()
    }

    private func cell(_ column: Int, eighths: Int, isMark: Bool, _ style: Style) -> String {
        let filled = eighths - column * 8
        if filled >= 8 { return style(isMark ? "▓" : "█", look) }
        if filled > 0 { return style(String(UsageBar.partialBlocks[filled]), look) }
        return style(isMark ? "│" : "·", .dim)
    }

    private var look: Style.Look {
        if hasReached(100) { return .red }
        if hasReached(lines.last ?? 80) { return .magenta }
        return hasReached(lines.first ?? 40) ? .yellow : .green
    }

    /// The numbers under the lines.
    func legend(_ style: Style) -> String {
        var text = "0"
        for percent in lines + [100] {
            let label = "\(percent)"
            let start = column(ofPercent: percent) - label.count + 1
            guard start > text.count else { continue }
            text += String(repeating: " ", count: start - text.count) + label
        }
        return style(text + UsageBar.legendUnit, .dim)
    }
}
