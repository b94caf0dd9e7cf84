import LineJSON
import TestSupport
import Testing

@Suite("Writing in pieces")
struct JSONPiecesTests {
    @Test("pieces stand behind each other, a comma comes before the value where one is due")
    func pieces() throws {
        var tape = JSONTape()
        var writer = JSONWriter()
        try tape.withParsed(#"{"a":"\u0041\/","b":"b"}"#.utf8) { view in
            let (a, b) = (try #require(view["a"]), try #require(view["b"]))
            writer.array { array in
                array.value(1)
                array.value(upTo: 200) { pieces in
                    pieces.write(#"{"n":"#)
                    pieces.write(Int64.min)
                    pieces.write(#","a":"#)
                    pieces.write(canonical: a)
                    pieces.write(#","b":"#)
                    pieces.write(canonical: b)
                    pieces.write("}")
                }
                array.object(openedBy: { $0.write(#"{"c":"#) }, upTo: 5) { $0.value(2) }
                array.value(3)
            }
        }
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"[1,{"n":-9223372036854775808,"a":"A/","b":"b"},{"c":2},3]"#
        )
    }

    @Test("a string is written as its text is, and in no more bytes than it was given in")
    func canonical() throws {
        var random = SeededRandom()
        let parts = [
            "a", "é", "€", "😀", #"\""#, #"\\"#, #"\/"#, #"\b"#, #"\n"#, #"\u0000"#, #"\u001f"#, #"\u0009"#, #"\u0022"#,
            #"\u005C"#, #"\u0041"#, #"\u00e9"#, #"\u20AC"#, #"\ud83d\ude00"#, "\u{7F}", #"\u2028"#,
        ]
        var tape = JSONTape()
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...12, using: &random)
            let string = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            try tape.withParsed("\"\(string)\"".utf8) { view in
                var (inPieces, asText) = (JSONWriter(), JSONWriter())
                inPieces.value(upTo: view.rawBytes.count) { $0.write(canonical: view) }
                asText.value(try #require(view.string()))
                #expect(inPieces.bytes == asText.bytes, "\(string)")
            }
        }
    }
}
