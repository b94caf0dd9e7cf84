import LineJSON

/// JSON laid out for people: two blanks for each level, names in colour.
struct JSONText {
    private let style: Style
    private var text = ""

    static func pretty(_ value: JSONView, _ style: Style) -> String {
        var layout = JSONText(style: style)
        layout.write(value, level: 0)
        return layout.text
    }

    private init(style: Style) {
        self.style = style
    }

    private mutating func write(_ value: JSONView, level: Int) {
        switch value.kind {
        case .object where value.count > 0:
            let members = value.members.map { ($0.key as JSONView?, $0.value) }
            write("{", members, "}", level)
        case .array where value.count > 0:
            write("[", value.elements.map { (nil, $0) }, "]", level)
        case .object, .array, .string, .number, .boolean, .null:
            writeScalar(value)
        }
    }

    private mutating func write(_ open: String, _ items: [(JSONView?, JSONView)], _ close: String, _ level: Int) {
        text += open
        for (index, (key, value)) in items.enumerated() {
            text += (index == 0 ? "\n" : ",\n") + String(repeating: "  ", count: level + 1)
            if let key { text += style(raw(key), .cyan) + ": " }
            write(value, level: level + 1)
        }
        text += "\n" + String(repeating: "  ", count: level) + close
    }

    private mutating func writeScalar(_ value: JSONView) {
        switch value.kind {
        case .string: text += style(raw(value), .green)
        case .number: text += style(raw(value), .yellow)
        case .boolean, .null: text += style(raw(value), .magenta)
        case .object: text += "{}"
        case .array: text += "[]"
        }
    }

    /// As it was written, which is why it cannot hold a control character.
    private func raw(_ value: JSONView) -> String { String(decoding: value.rawBytes, as: UTF8.self).printable }
}
