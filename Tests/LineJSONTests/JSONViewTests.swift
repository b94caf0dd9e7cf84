import LineJSON
import Testing

@Suite("Values of a parsed text")
struct JSONViewTests {
    static let text = """
        { "id" : "a\\u0062\\n", "n": -12, "list": [1, [2, {"x": 3}], "three"], "none": null, "yes": true, \
        "no": false, "e": {} }
        """

    @Test("members come in order, with names and kinds")
    func members() throws {
        try parsed(JSONViewTests.text) { root in
            #expect(root.kind == .object)
            #expect(root.count == 7)
            #expect(root.members.map { $0.key.string() } == ["id", "n", "list", "none", "yes", "no", "e"])
            #expect(
                root.members.map(\.value.kind) == [.string, .number, .array, .null, .boolean, .boolean, .object]
            )
        }
    }

    @Test("lookup finds a member, past nested ones, or none")
    func lookup() throws {
        try parsed(JSONViewTests.text) { root in
            #expect(root["yes"]?.bool == true)
            #expect(root["no"]?.bool == false)
            #expect(root["none"]?.isNull == true)
            #expect(root["e"]?.count == 0)
            #expect(root["e"]?.members.map { $0.key.string() } == [])
            #expect(root["x"] == nil)
            #expect(root["list"]?["x"] == nil)
        }
    }

    @Test("raw bytes are exactly those of the input")
    func rawBytes() throws {
        try parsed(JSONViewTests.text) { root in
            let list = try #require(root["list"])
            #expect(String(decoding: list.rawBytes, as: UTF8.self) == "[1, [2, {\"x\": 3}], \"three\"]")
            let elements = list.elements.map { String(decoding: $0.rawBytes, as: UTF8.self) }
            #expect(elements == ["1", "[2, {\"x\": 3}]", "\"three\""])
            #expect(root["n"]?.offset == 27)
        }
    }

    @Test("strings are slices until they need unescaping")
    func strings() throws {
        try parsed(JSONViewTests.text) { root in
            let id = try #require(root["id"])
            #expect(id.hasEscapes)
            #expect(id.string() == "ab\n")
            #expect(id.stringBytes.map { String(decoding: $0, as: UTF8.self) } == "a\\u0062\\n")
            #expect(id.equals("ab\n"))
            #expect(!id.equals("ab"))
            var bytes: [UInt8] = [1]
            #expect(id.appendUnescaped(to: &bytes))
            #expect(bytes == [1] + Array("ab\n".utf8))
            let plain = try #require(root["list"]?.elements.first { $0.kind == .string })
            #expect(!plain.hasEscapes)
            #expect(plain.equals("three"))
            #expect(!plain.equals("threE"))
        }
    }

    @Test(
        "unescapes every escape",
        arguments: [
            ("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\u{8}\u{C}\n\r\t"), ("\\u0000", "\u{0}"), ("\\u00E9\\u00e9", "éé"),
            ("\\uFFFF", "\u{FFFF}"), ("\\uD83D\\uDE00!", "😀!"), ("\\uDBFF\\uDFFF", "\u{10FFFF}"),
            ("x\\u20ACé😀", "x€é😀"),
        ]
    )
    func unescapes(_ escaped: String, _ expected: String) throws {
        try parsed("\"\(escaped)\"") { view in
            #expect(view.string().map { Array($0.utf8) } == Array(expected.utf8))
        }
    }

    @Test("equality looks at every byte, at every length")
    func equality() throws {
        let text = "abcdefghijklmnopqrstuvwxyz"
        try parsed("\"\(text)\"") { view in
            #expect(view.equals("abcdefghijklmnopqrstuvwxyz"))
            #expect(!view.equals("abcdefghijklmnopqrstuvwxyZ"))
            #expect(!view.equals("Abcdefghijklmnopqrstuvwxyz"))
            #expect(!view.equals("abcdefghijklmnopqrstuvwxy"))
        }
        try parsed("[\"\",\"a\",\"abc\",\"abcd\",\"abcdefg\",\"abcdefgh\",\"abcdefghi\"]") { view in
            let texts: [StaticString] = ["", "a", "abc", "abcd", "abcdefg", "abcdefgh", "abcdefghi"]
            for (index, element) in view.elements.enumerated() {
                #expect(texts.map(element.equals) == texts.indices.map { $0 == index })
            }
        }
    }

    @Test("asking a value for what it is not gives nothing")
    func wrongKind() throws {
        try parsed("[1,\"1\",null,true,[],{}]") { root in
            for element in root.elements {
                #expect((element.integer != nil) == (element.kind == .number))
                #expect((element.double != nil) == (element.kind == .number))
                #expect((element.string() != nil) == (element.kind == .string))
                #expect((element.stringBytes != nil) == (element.kind == .string))
                #expect((element.bool != nil) == (element.kind == .boolean))
                #expect(element.isNull == (element.kind == .null))
                #expect(!element.equals("null"))
                #expect(Array(element.elements).isEmpty)
                #expect(element["a"] == nil)
            }
        }
    }

    @Test("a tape serves text after text, also after errors and after a huge one")
    func reuse() throws {
        var tape = JSONTape()
        let huge = "[" + Array(repeating: "[1,2]", count: 60_000).joined(separator: ",") + "]"
        for text in ["[1,2,3]", "[1,", huge, "{\"a\":[1,2]}", "7"] {
            let count = try? tape.withParsed(Array(text.utf8)) { view in Array(view.elements).count }
            #expect(count == (text == "[1," ? nil : text == huge ? 60_000 : text == "[1,2,3]" ? 3 : 0))
        }
    }

    @Test("errors of the closure pass through, and both outcomes can be had as one result")
    func outcomes() throws {
        struct Refusal: Error {}
        var tape = JSONTape()
        #expect(throws: Refusal.self) { try tape.withParsed(Array("1".utf8)) { _ in throw Refusal() } }
        let outcomes = ["1", "x"].map { text in
            Array(text.utf8).withUnsafeBytes { bytes in
                tape.withResult(of: bytes) { result in result.map(\.integer) }
            }
        }
        #expect(outcomes == [.success(1), .failure(JSONError(offset: 0, reason: .expectedValue))])
    }
}
