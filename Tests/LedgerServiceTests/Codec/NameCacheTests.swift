import LedgerService
import LineJSON
import TestSupport
import Testing

@Suite struct NameCacheTests {
    @Test func givesTheTextOfAString() throws {
        var names = NameCache()
        var tape = JSONTape()
        for _ in 1...2 {
            try tape.withParsed(Array(#"["support","","\u00e9\"",7]"#.utf8)) { view in
                #expect(view.elements.map { names.name($0) } == ["support", "", "é\"", nil])
            }
        }
    }

    @Test func moreNamesThanFitAreAllRight() {
        var names = NameCache()
        var random = SeededRandom()
        for _ in 0..<40_000 {
            let text = "name-\(Int.random(in: 0..<20_000, using: &random))"
            #expect(Array(text.utf8).withUnsafeBytes { names.name($0) } == text)
        }
    }

    /// Equal as text to a person, but not the same name: ids are compared as bytes everywhere.
    @Test func normalFormsAreNotMixedUp() {
        var names = NameCache()
        for text in ["\u{E9}", "e\u{301}", "\u{E9}"] {
            let name = Array(text.utf8).withUnsafeBytes { names.name($0) }
            #expect(Array(name.utf8) == Array(text.utf8))
        }
    }
}
