import Testing

@testable import ledgerline

@Suite("Numbers for people")
struct NumbersTests {
    @Test(
        "Thousands are separated",
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"),
            (Int64.min, "-9,223,372,036,854,775,808"),
        ]
            as [(Int64, String)]
    )
    func grouped(number: Int64, text: String) {
        #expect(Numbers.grouped(number) == text)
    }

    @Test("A number that is not known is a dash")
    func unknown() {
        #expect(Numbers.grouped(Int64?.none) == "—")
        #expect(Numbers.percent(nil) == "—")
    }

    @Test(
        "Percents have one decimal",
        arguments: [(19.45, "19.5 %"), (0, "0.0 %"), (-0.26, "-0.3 %"), (1_234.5, "1,234.5 %")]
    )
    func percent(number: Double, text: String) {
        #expect(Numbers.percent(number) == text)
    }

    @Test(
        "Sizes",
        arguments: [(0, "0 B"), (1_023, "1023 B"), (1_536, "1.5 KiB"), (5 << 20, "5.0 MiB"), (3 << 40, "3.0 TiB")]
            as [(Int64, String)]
    )
    func bytes(count: Int64, text: String) {
        #expect(Numbers.bytes(count) == text)
    }

    @Test(
        "Spans show their two largest units",
        arguments: [
            (850, "850 ms"), (12_999, "12 s"), (185_000, "3 min 5 s"), (120_000, "2 min"), (7_800_000, "2 h 10 min"),
            (86_400_000 * 6 + 3_600_000 * 4, "6 d 4 h"),
        ] as [(Int64, String)]
    )
    func spans(milliseconds: Int64, text: String) {
        #expect(Numbers.span(milliseconds: milliseconds) == text)
    }
}

@Suite("Text on a terminal")
struct TextWidthTests {
    @Test("Wide characters take two columns", arguments: [("abc", 3), ("é", 1), ("日本", 4), ("👍", 2), ("", 0)])
    func columns(text: String, columns: Int) {
        #expect(text.columns == columns)
    }

    @Test("What comes from outside cannot steer the terminal")
    func printable() {
        #expect("a\u{1B}[31m\nb\u{9B}\u{202E}".printable == "a\u{FFFD}[31m\u{FFFD}b\u{FFFD}\u{FFFD}")
        #expect(Table.Cell("\u{7}x").text == "\u{FFFD}x")
    }

    @Test("What is too long ends with an ellipsis", arguments: [("abcdef", "abc…"), ("abcd", "abcd"), ("日本語", "日…")])
    func truncated(text: String, shown: String) {
        #expect(text.truncated(to: 4) == shown)
    }
}

@Suite("Wrapping")
struct WrappingTests {
    @Test("Lines break at blanks; a word that is too long stands alone")
    func wraps() {
        #expect("a bb ccc dddddd e".wrapped(to: 4) == ["a bb", "ccc", "dddddd", "e"])
        #expect("".wrapped(to: 4) == [])
    }
}

@Suite("The demo's picture")
struct DemoScreenTests {
    private func screen(rows: Int) -> [String] {
        var state = DemoState()
        state.workspaces["support"] = DemoState.Workspace(
            warning: Array(repeating: "word", count: 40).joined(separator: " "),
            sync: DemoState.Sync(number: 1, state: "paused", total: 10)
        )
        return DemoScreen(state: state, fraction: 0, size: (columns: 97, rows: rows)).lines(.plain)
    }

    @Test("A warning is shown whole, in lines that fit")
    func warning() {
        let lines = screen(rows: 40)
        #expect(lines.joined(separator: " ").split(separator: " ").count { $0 == "word" } == 40)
        #expect(lines.allSatisfy { $0.columns <= 96 })
    }

    @Test("A picture has no more lines than the terminal")
    func rows() {
        #expect(screen(rows: 12).count == 12)
    }
}

@Suite("Tables")
struct TableTests {
    @Test("Columns are aligned, under wide characters too")
    func aligned() {
        var table = Table(.left("NAME"), .right("CALLS"))
        table.add(["日本", "1,000"])
        table.add(["abcdef", Table.Cell("7", .bold)])
        #expect(table.lines(.plain) == ["NAME    CALLS", "日本    1,000", "abcdef      7"])
    }

    @Test("Colours take no columns")
    func coloured() {
        var table = Table(.left("A"), .right("B"))
        table.add([Table.Cell("x", .red), "1"])
        #expect(table.lines(.coloured)[1] == "\u{1B}[31mx\u{1B}[0m  1")
    }
}

@Suite("Usage bar")
struct UsageBarTests {
    private func bar(_ used: Int64, _ limit: Int64) -> String {
        UsageBar(used: used, limit: limit, width: 20).bar(.plain)
    }

    @Test("The lines at 40, 80 and 100 % are in the picture")
    func lines() {
        #expect(bar(0, 100) == "·······│·······│···│")
        #expect(bar(50, 100) == "███████▓██·····│···│")
        #expect(bar(100, 100) == "███████▓███████▓███▓")
        #expect(UsageBar(used: 0, limit: 100, width: 20).legend(.plain) == "0     40      80 100 %")
    }

    @Test("Usage above the limit is not clamped: the lines move to the left")
    func above() {
        #expect(bar(200, 100) == "███▓███▓█▓██████████")
    }

    @Test("A limit of 0 is used up")
    func zero() {
        #expect(bar(0, 0).filter { $0 == "·" }.isEmpty)
    }

    @Test(
        "The colour is the tier's, exactly",
        arguments: [(399, "\u{1B}[32m"), (400, "\u{1B}[33m"), (800, "\u{1B}[35m"), (1_000, "\u{1B}[31m")]
    )
    func colours(used: Int64, code: String) {
        #expect(UsageBar(used: used, limit: 1_000, width: 20).bar(.coloured).hasPrefix(code))
    }
}

@Suite("Sparklines")
struct SparklineTests {
    @Test("The highest number is the highest block, nothing is a dot")
    func blocks() {
        #expect(Sparkline(values: [0, 1, 4, 8], highest: 8).text(.plain) == "·▁▄█")
        #expect(Sparkline(values: [6], highest: 6).text(.plain) == "█")
        #expect(Sparkline(values: [0], highest: 0).text(.plain) == "·")
    }

    @Test("A long row is folded by sums, and nothing gets lost")
    func folded() {
        let values = (1...100).map { Int64($0) }
        let folded = Sparkline.folded(values, columns: 30)
        #expect(folded.count <= 30)
        #expect(folded.reduce(0, +) == values.reduce(0, +))
        #expect(Sparkline.folded([1, 2], columns: 30) == [1, 2])
    }
}
