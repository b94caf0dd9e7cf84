import EventSourcing
import LineJSON

/// The answer of `usage.history` as a table: a row for every group, its buckets in a strip beside the sums.
struct HistoryReport {
    private static let stripColumnsMax = 60
    /// Longest name that is shown whole, in columns.
    private static let nameColumnsMax = 40

    let history: JSONView
    let dimensions: [HistoryCommand.Dimension]
    let width: Int

    private struct Group {
        var calls: Int64 = 0
        var uncounted: Int64 = 0
        var buckets: [Int64: Int64] = [:]
    }

    func lines(_ style: Style) -> [String] {
        let groups = groups()
        guard !groups.isEmpty else { return ["nothing between \(history.text("from")) and \(history.text("to"))"] }
        let table = table(groups, style)
        var lines = [style(title, .dim), ""] + table
        if history["truncated"]?.bool == true { lines.append("there is more; ask for a shorter time or fewer groups") }
        return lines
    }

    private var title: String {
        let (from, to) = (Timestamp(history.text("from")), Timestamp(history.text("to")))
        return
            "\(history.text("org")), \(from?.minuteText ?? "") to \(to?.minuteText ?? "") UTC, "
            + "by the \(bucketName)\(foldingNote)"
    }

    /// What one column of the strips is, where it is more than one bucket.
    private var foldingNote: String {
        let folded = Sparkline.groupSize(bucketStarts.count, columns: stripColumns)
        return folded > 1 ? " (a column of the strip: \(folded) \(bucketName)s)" : ""
    }

    private var stripColumns: Int { min(HistoryReport.stripColumnsMax, max(10, width / 2)) }

    private var bucketName: String { history.text("bucket") }

    private func groups() -> [(names: [String], group: Group)] {
        var groups: [[String]: Group] = [:]
        for row in history.elements("rows") {
            let names = dimensions.map { name($0, of: row) }
            let (calls, uncounted) = (row.count("calls"), row.count("uncounted"))
            let bucket = Timestamp(row.text("bucket"))?.milliseconds ?? 0
            groups[names, default: Group()].calls += calls
            groups[names, default: Group()].uncounted += uncounted
            groups[names, default: Group()].buckets[bucket, default: 0] += calls
        }
        return groups.map { (names: $0.key, group: $0.value) }
            .sorted { ($1.group.calls, $0.names.joined()) < ($0.group.calls, $1.names.joined()) }
    }

    /// A name that is empty or null stands for calls that have none.
    private func name(_ dimension: HistoryCommand.Dimension, of row: JSONView) -> String {
        let members = row.members.first { $0.key.string() == dimension.rawValue }
        guard let value = members?.value else { return "—" }
        let text = value.string() ?? (value.isNull ? "" : String(decoding: value.rawBytes, as: UTF8.self))
        return text.isEmpty ? "—" : text.truncated(to: HistoryReport.nameColumnsMax)
    }

    private func table(_ groups: [(names: [String], group: Group)], _ style: Style) -> [String] {
        let total = groups.reduce(Group()) { sum, item in
            Group(calls: sum.calls + item.group.calls, uncounted: sum.uncounted + item.group.uncounted)
        }
        var table = Table(
            columns: dimensions.map { .left($0.rawValue.uppercased()) } + [
                .right("CALLS"), .right("%"), .right("UNCOUNTED"),
            ]
        )
        for (names, group) in groups {
            let share = total.calls > 0 ? Double(group.calls) * 100 / Double(total.calls) : 0
            table.add(
                names.map { Table.Cell($0) } + [
                    Table.Cell(Numbers.grouped(group.calls), .bold), Table.Cell(Numbers.oneDecimal(share)),
                    Table.Cell(Numbers.grouped(group.uncounted), .dim),
                ]
            )
        }
        let sum = "\(Numbers.grouped(total.calls)) calls, \(Numbers.grouped(total.uncounted)) uncounted"
        return zip(table.lines(style), [""] + strips(groups.map(\.group), style)).map { "\($0)  \($1)" } + ["", sum]
    }

    private func strips(_ groups: [Group], _ style: Style) -> [String] {
        let rows = groups.map { group in
            Sparkline.folded(bucketStarts.map { group.buckets[$0] ?? 0 }, columns: stripColumns)
        }
        let highest = rows.joined().max() ?? 0
        return rows.map { Sparkline(values: $0, highest: highest).text(style) }
    }

    /// The starts of all buckets of the range, in milliseconds; those without calls have no row.
    private var bucketStarts: [Int64] {
        let bucketsMax: Int64 = 10_000
        let step = (HistoryCommand.Bucket(rawValue: bucketName) ?? .hour).milliseconds
        guard let from = Timestamp(history.text("from")), let to = Timestamp(history.text("to")) else { return [] }
        let first = from.milliseconds - from.milliseconds % step
        return Array(stride(from: first, to: min(to.milliseconds, first + step * bucketsMax), by: Int64.Stride(step)))
    }
}
