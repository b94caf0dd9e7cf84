import LineJSON
import Testing

@testable import LedgerServer

@Suite struct PercentTests {
    @Test(
        arguments: [
            (2_918, 15_000, "19.4"), (3_072, 15_000, "20.4"), (2_495, 15_000, "16.6"), (863, 15_000, "5.7"),
            (0, 1, "0.0"),
            (1, 1, "100.0"), (3, 2, "150.0"), (1, 3, "33.3"), (2, 3, "66.6"), (1, 1_000, "0.1"), (1, 1_001, "0.0"),
            (7_999, 20_000, "39.9"),
            (110_018, 100_000, "110.0"), (9_000_000_000_000_000, 1, "900000000000000000.0"),
        ] as [(Int64, Int64, String)]
    )
    func hasOneDecimal(_ part: Int64, _ whole: Int64, _ text: String) {
        var writer = JSONWriter()
        writer.value(Percent(part, of: whole))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test func ofNothingIsNull() {
        var writer = JSONWriter()
        writer.value(Percent(1, of: 0))
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "null")
    }
}
