import TestSupport
import Testing

@testable import LedgerServer

@Suite struct TextRuleTests {
    /// Texts of all lengths about the size of a word, in which at most a few characters are of another kind.
    @Test func judgesAsByteByByte() {
        var random = SeededRandom()
        let plain = Array("azAZ09_.-".unicodeScalars)
        let special = Array("`{@[/:,^ ~é\u{0}\u{1F}\u{7F}\u{80}\u{9F}\u{A0}\u{BF}\u{C2}€😀".unicodeScalars)
        for _ in 0..<20_000 {
            var scalars = (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in
                plain.randomElement(using: &random)
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) where !scalars.isEmpty {
                let place = Int.random(in: scalars.indices, using: &random)
                scalars[place] = special.randomElement(using: &random) ?? " "
            }
            let text = String(String.UnicodeScalarView(scalars))
            #expect(accepts(text, .name) == scalars.allSatisfy(isOfNames), "\(text.debugDescription)")
            #expect(accepts(text, .printable) == !scalars.contains(where: isControl), "\(text.debugDescription)")
        }
    }

    private func accepts(_ text: String, _ alphabet: TextRule.Alphabet) -> Bool {
        let rule = TextRule(bytes: 0...Int.max, alphabet: alphabet)
        return Array(text.utf8).withUnsafeBytes { rule.accepts($0) }
    }

    private func isOfNames(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-": true
        default: false
        }
    }

    private func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
