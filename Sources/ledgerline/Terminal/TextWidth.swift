extension String {
    /// Columns that the text takes on a terminal; East Asian wide characters and emoji take two.
    var columns: Int {
        reduce(0) { $0 + $1.columns }
    }

    /// The text on exactly one line and without control characters: what comes from outside must not steer the
    /// terminal.
    var printable: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var result = UnicodeScalarView()
        for scalar in unicodeScalars { result.append(scalar.isControl ? "\u{FFFD}" : scalar) }
        return String(result)
    }

    func padded(to width: Int, alignment: Table.Alignment = .left) -> String {
        let padding = String(repeating: " ", count: max(0, width - columns))
        return alignment == .left ? self + padding : padding + self
    }

    /// The text in lines of at most so many columns, broken at blanks; none for no text.
    func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ").map(String.init) {
            if let last = lines.last, last.columns + 1 + word.columns <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(word)
            }
        }
        return lines
    }

    /// At most so many columns; an ellipsis stands for what was cut.
    func truncated(to width: Int) -> String {
        guard columns > width else { return self }
        var taken = ""
        var used = 1
        for character in self {
            used += character.columns
            guard used <= width else { break }
            taken.append(character)
        }
        return taken + "…"
    }
}

extension Character {
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        return Character.wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// The wide blocks of Unicode's EastAsianWidth.txt, coarsely.
    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]
}

extension Unicode.Scalar {
    /// The control characters C0, DEL and C1, the separators of lines, and the marks that turn the direction of text.
    fileprivate var isControl: Bool {
        switch value {
        case 0...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
