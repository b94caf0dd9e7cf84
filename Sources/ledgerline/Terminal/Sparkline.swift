/// A row of numbers as a row of blocks; the highest number of the whole picture is the highest block.
struct Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    var values: [Int64]
    /// The number that the highest block stands for.
    var highest: Int64

    func text(_ style: Style) -> String {
        values.map { value in
            guard value > 0, highest > 0 else { return style("·", .dim) }
            let level = min(Sparkline.blocks.count - 1, Int(value * Int64(Sparkline.blocks.count) / (highest + 1)))
            return style(String(Sparkline.blocks[level]), look(level))
        }.joined()
    }

    private func look(_ level: Int) -> Style.Look {
        switch level {
        case ..<3: .green
        case ..<6: .yellow
        default: .red
        }
    }

    /// The sums of `values` in at most `columns` groups of the same size, so that a long row fits.
    static func folded(_ values: [Int64], columns: Int) -> [Int64] {
        guard values.count > columns, columns > 0 else { return values }
        let groupSize = (values.count + columns - 1) / columns
        return stride(from: 0, to: values.count, by: groupSize).map { start in
            values[start..<min(start + groupSize, values.count)].reduce(0, +)
        }
    }
}
