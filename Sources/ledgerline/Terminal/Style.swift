/// ANSI colours and weights, applied only where they are wanted.
struct Style: Sendable {
    /// What a piece of text is to look like.
    enum Look: Sendable {
        case bold, dim, red, green, yellow, blue, magenta, cyan

        /// The parameter of the "select graphic rendition" sequence (ECMA-48, 8.3.117).
        fileprivate var code: Int {
            switch self {
            case .bold: 1
            case .dim: 2
            case .red: 31
            case .green: 32
            case .yellow: 33
            case .blue: 34
            case .magenta: 35
            case .cyan: 36
            }
        }
    }

    static let plain = Style(isColoured: false)
    static let coloured = Style(isColoured: true)

    let isColoured: Bool

    func callAsFunction(_ text: String, _ looks: Look...) -> String {
        guard isColoured, !looks.isEmpty, !text.isEmpty else { return text }
        return "\u{1B}[\(looks.map { String($0.code) }.joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
