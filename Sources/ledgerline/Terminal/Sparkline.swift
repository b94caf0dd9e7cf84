/// A row of numbers as a row of blocks; the highest number of the whole picture is the highest block.
struct Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    var values: [Int64]
    /// The number that the highest block stands for.
    var highest: Int64

    func text(_ style: Style) -> String {
        values.map { value in
            guard value > 0, highest > 0 else { return style("·", .dim) }
            let level = Int((min(value, highest) * Int64(Sparkline.blocks.count) - 1) / highest)
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
        let size = groupSize(values.count, columns: columns)
        return stride(from: 0, to: values.count, by: size).map { start in
            values[start..<min(start + size, values.count)].reduce(0, +)
        }
    }

    /// How many of `count` values go into one group.
    static func groupSize(_ count: Int, columns: Int) -> Int {
        max(1, (count + columns - 1) / columns)
    }
}
