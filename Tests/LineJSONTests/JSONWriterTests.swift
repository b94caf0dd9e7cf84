import LineJSON
import TestSupport
import Testing

@Suite("Writing")
struct JSONWriterTests {
    @Test("commas come by themselves, at every depth")
    func commas() {
        var writer = JSONWriter()
        writer.object { root in
            root.member("n", 1)
            root.object("empty") { _ in }
            root.array("list") { list in
                list.value(1)
                list.array { _ in }
                list.object { inner in
                    inner.member("a", true)
                    inner.memberNull("b")
                }
                list.null()
                list.value("x")
            }
            root.member("raw", raw: Array("{\"y\":[1,2]}".utf8))
            root.member("text", text: Array("q\"".utf8))
            root.key("run" + "time")
            root.value(raw: "7".utf8)
        }
        writer.endLine()
        writer.value(1)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == """
                {"n":1,"empty":{},"list":[1,[],{"a":true,"b":null},null,"x"],"raw":{"y":[1,2]},\
                "text":"q\\"","runtime":7}
                1
                """
        )
    }

    @Test(
        "escapes what must be escaped, and nothing else",
        arguments: [
            ("", ""), ("plain", "plain"), ("\"", "\\\""), ("\\", "\\\\"), ("/", "/"),
            ("\u{8}\t\n\u{C}\r", "\\b\\t\\n\\f\\r"),
            ("\u{0}\u{1}\u{1F}\u{7F}", "\\u0000\\u0001\\u001f\u{7F}"), ("é€😀\u{2028}\u{2029}", "é€😀\u{2028}\u{2029}"),
            ("12345678\"", "12345678\\\""), ("1234567\n9\"bcdefghi\\", "1234567\\n9\\\"bcdefghi\\\\"),
        ]
    )
    func escapes(_ text: String, _ expected: String) {
        #expect(written { $0.value(text) } == "\"\(expected)\"")
        #expect(written { $0.value(text: text.utf8.map { $0 }) } == "\"\(expected)\"")
        // A collection without contiguous storage.
        #expect(written { $0.value(text: text.utf8.reversed().reversed()) } == "\"\(expected)\"")
        var bytes: [UInt8] = []
        Array(text.utf8).withUnsafeBytes { JSONEscape.appendString($0, to: &bytes) }
        #expect(String(decoding: bytes, as: UTF8.self) == "\"\(expected)\"")
    }

    @Test("every character at every place in a word is read back as it was written")
    func roundTrip() throws {
        let scalars = (0...0x300).compactMap(Unicode.Scalar.init) + ["\u{2028}", "\u{FFFF}", "\u{10FFFF}"]
        for scalar in scalars {
            for padding in 0...8 {
                let text = String(repeating: "x", count: padding) + String(Character(scalar)) + "tail"
                try parsed(written { $0.value(text) }) { view in
                    #expect(view.string().map { Array($0.utf8) } == Array(text.utf8))
                }
            }
        }
    }

    @Test(
        "integers at their bounds",
        arguments: [0, 1, -1, 9, 10, -10, 99, 100, 999_999_999_999, .max, .max - 1, .min, .min + 1] as [Int64]
    )
    func integers(_ number: Int64) throws {
        #expect(written { $0.value(number) } == "\(number)")
        #expect(written { $0.value(Int(number)) } == "\(number)")
        try parsed("\(number)") { view in #expect(view.integer == number) }
    }

    @Test("every power of ten and its neighbours")
    func powersOfTen() {
        for power in sequence(first: Int64(1), next: { $0 > .max / 10 ? nil : $0 * 10 }) {
            for number in [power - 1, power, power + 1, -power] {
                var bytes: [UInt8] = []
                bytes.appendDecimal(number)
                #expect(String(decoding: bytes, as: UTF8.self) == "\(number)")
            }
        }
    }

    @Test("random integers of every length, as values and as members")
    func randomIntegers() {
        var random = SeededRandom()
        for _ in 0..<20_000 {
            let number = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
            #expect(written { $0.value(number) } == "\(number)")
            #expect(written { $0.object { $0.member("n", number) } } == "{\"n\":\(number)}")
        }
    }

    @Test(
        "doubles read back as the same number",
        arguments: [
            0, -0.0, 1, 0.1, 1.0 / 3, 100, 1e20, 1e-20, 12.5, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        ] as [Double]
    )
    func doubles(_ number: Double) throws {
        try parsed(written { $0.value(number) }) { view in #expect(view.double?.bitPattern == number.bitPattern) }
    }

    @Test("optionals, arrays, literals and parsed values write themselves")
    func writables() throws {
        #expect(written { $0.value(String?.none) } == "null")
        #expect(written { $0.value(Int?.some(3)) } == "3")
        #expect(written { $0.value(["a", "b"]) } == "[\"a\",\"b\"]")
        #expect(written { $0.value("x\n" as StaticString) } == "\"x\\n\"")
        try parsed("{ \"a\" : [1, 2] }") { view in
            #expect(written { $0.value(view["a"]) } == "[1, 2]")
        }
    }

    @Test("a member is its name and its value, whatever the type")
    func members() throws {
        try parsed("{\"v\":[1, 2]}") { view in
            let text = written { writer in
                writer.object { object in
                    object.member("int", -7)
                    object.member("int64", Int64.min)
                    object.member("bool", true)
                    object.member("string", "a\"b")
                    object.member("static", "c\\d" as StaticString)
                    object.member("some", Int64?.some(1))
                    object.member("none", String?.none)
                    object.member("list", [1, 2])
                    object.member("view", view["v"])
                    object.member("half", 0.5)
                    object.member("own", Doubled(number: 21))
                }
            }
            #expect(
                text == """
                    {"int":-7,"int64":-9223372036854775808,"bool":true,"string":"a\\"b","static":"c\\\\d",\
                    "some":1,"none":null,"list":[1,2],"view":[1, 2],"half":0.5,"own":42}
                    """
            )
        }
    }

    /// Writes a value only, as most types do.
    private struct Doubled: JSONWritable {
        var number: Int

        func write(to writer: inout JSONWriter) { writer.value(number * 2) }
    }

    @Test("text of every length, with an escape at every place or none, as values and as members")
    func texts() {
        for length in 0...40 {
            for place in 0...length {
                var bytes = Array(repeating: UInt8(ascii: "x"), count: length)
                var expected = Array(repeating: "x", count: length)
                if place < length {
                    bytes[place] = UInt8(ascii: "\n")
                    expected[place] = "\\n"
                }
                let quoted = "\"\(expected.joined())\""
                #expect(written { $0.value(text: bytes) } == quoted)
                #expect(written { $0.object { $0.member("t", text: bytes) } } == "{\"t\":\(quoted)}")
                let raw = written { writer in
                    bytes.withUnsafeBytes { raw in writer.array { $0.value(raw: raw) } }
                }
                #expect(Array(raw.utf8) == Array("[".utf8) + bytes + Array("]".utf8))
            }
        }
    }

    @Test("a copy and its original go their own ways")
    func copies() {
        var writer = JSONWriter()
        writer.value("same")
        var copy = writer
        writer.value(1)
        copy.value(2)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"same\",1")
        #expect(String(decoding: copy.bytes, as: UTF8.self) == "\"same\",2")
    }

    @Test("the buffer can be taken, given back and cleared")
    func reuse() {
        var writer = JSONWriter()
        writer.value(1)
        var buffer = writer.take()
        #expect(buffer == Array("1".utf8))
        #expect(writer.bytes.isEmpty)
        buffer.reserveCapacity(1_000)
        writer = JSONWriter(reusing: buffer)
        #expect(writer.bytes.isEmpty)
        writer.value(2)
        writer.removeAll()
        writer.value(3)
        #expect(writer.bytes == Array("3".utf8))
        #expect(writer.count == 1)
    }

    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.take(), as: UTF8.self)
    }
}
