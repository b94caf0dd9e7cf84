/// Aligned columns under a dim header, two blanks between them.
struct Table {
    enum Alignment {
        case left
        case right
    }

    struct Column {
        var title: String
        var alignment: Alignment

        static func left(_ title: String) -> Column { Column(title: title, alignment: .left) }
        static func right(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var looks: [Style.Look]

        init(_ text: String, _ looks: Style.Look...) {
            self.text = text.printable
            self.looks = looks
        }

        init(stringLiteral text: String) {
            self.init(text)
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: Column...) {
        self.columns = columns
    }

    init(columns: [Column]) {
        self.columns = columns
    }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row has a cell for every column")
        rows.append(row)
    }

    /// The lines, without line ends.
    func lines(_ style: Style) -> [String] {
        let widths = columns.indices.map { index in
            rows.reduce(columns[index].title.columns) { max($0, $1[index].text.columns) }
        }
        let header = columns.map { Cell($0.title, .dim) }
        return ([header] + rows).map { line($0, widths, style) }
    }

    private func line(_ row: [Cell], _ widths: [Int], _ style: Style) -> String {
        var line = ""
        for (index, cell) in row.enumerated() {
            let padding = String(repeating: " ", count: widths[index] - cell.text.columns)
            let text = cell.looks.reduce(cell.text) { style($0, $1) }
            let isLast = index == row.count - 1
            if index > 0 { line += "  " }
            switch columns[index].alignment {
            case .left: line += isLast ? text : text + padding
            case .right: line += padding + text
            }
        }
        return line
    }
}
