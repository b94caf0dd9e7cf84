import LineJSON
import Testing

@Suite("Numbers")
struct JSONNumberTests {
    @Test(
        "integers are exact, however they are written",
        arguments: [
            ("0", 0), ("-0", 0), ("0.0", 0), ("0e999999999999999999999", 0), ("1", 1), ("-1", -1), ("1.0", 1),
            ("1e3", 1_000),
            ("1E+3", 1_000), ("1000e-3", 1), ("10.50e1", 105), ("2.5e1", 25), ("-2.50e1", -25), ("0.001e3", 1),
            ("1.000000000000000000000", 1), ("100000000000000000000e-2", 1_000_000_000_000_000_000),
            ("999999999999999999", 999_999_999_999_999_999), ("1000000000000000000", 1_000_000_000_000_000_000),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775807.0", .max),
            ("-9.223372036854775808e18", .min), ("922337203685477580700e-2", .max),
            ("9007199254740993", 9_007_199_254_740_993),
            ("0.00000000000000000000000000000000000001e38", 1), ("0.1", nil), ("1.5", nil), ("1e-1", nil),
            ("105e-1", nil),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1e19", nil), ("92233720368547758080", nil),
            ("1e999999999999999999999", nil), ("1e-999999999999999999999", nil), ("9223372036854775807.5", nil),
            ("0.00000000000000000000000000000000000000000000000001", nil),
        ] as [(String, Int64?)]
    )
    func integers(_ text: String, _ expected: Int64?) throws {
        try parsed(text) { view in #expect(view.integer == expected) }
    }

    @Test(
        "doubles are the nearest ones",
        arguments: [
            ("0", 0), ("-0", -0.0), ("1.5", 1.5), ("0.1", 0.1), ("1e-7", 1e-7),
            ("1.7976931348623157e308", .greatestFiniteMagnitude),
            ("5e-324", .leastNonzeroMagnitude), ("1e-400", 0), ("1e400", nil), ("-1e400", nil),
            ("9007199254740993", 9_007_199_254_740_992), ("2.2250738585072014e-308", .leastNormalMagnitude),
        ] as [(String, Double?)]
    )
    func doubles(_ text: String, _ expected: Double?) throws {
        try parsed(text) { view in #expect(view.double?.bitPattern == expected?.bitPattern) }
    }
}
