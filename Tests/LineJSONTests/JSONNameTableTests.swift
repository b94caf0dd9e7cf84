import LineJSON
import TestSupport
import Testing

@Suite("Finding names in a table")
struct JSONNameTableTests {
    /// Names as they occur in protocols, of all lengths around the bounds of a word and of two.
    static let names: [StaticString] = [
        "", "a", "z", "id", "at", "ab", "ba", "org", "abc", "cba", "time", "type", "verb", "from", "used", "data",
        "calls", "limit", "cause", "token", "method", "params", "status", "source", "purpose", "jsonrpc", "counted",
        "position", "resource", "imported", "abcdefgh", "hgfedcba", "workspace", "allowance", "deadline_ms",
        "integration", "unattributed", "last_position", "org.configure", "log.compact_all", "0123456789abcdef",
        "0123456789abcdeg", "event_sync.get", "bulk_sync.progress", "settings.update_all", "bulk_pause_percent",
        "event_pause_percent", "sync_errors.retry_failed", "resume_hysteresis_percent", "sync_errors.retry_succeeded",
        "a name that is a good deal longer than two words", "grüße", "日本語", "tab\there", "quote\"inside",
    ]
    static let table = JSONNameTable(names)

    @Test("every name is found at its index, also when it is escaped", arguments: names.indices)
    func finds(_ index: Int) throws {
        let name = "\(JSONNameTableTests.names[index])"
        try JSONNameTableTests.expect(name, isFoundAt: index)
        let escaped = name.utf16.map { unit in "\\u\(hexadecimal(unit))" }.joined()
        try parsed("\"\(escaped)\"") { view in #expect(JSONNameTableTests.table.index(of: view) == index) }
    }

    @Test("what is no string is found nowhere", arguments: ["null", "true", "1", "[]", "{}", "[\"id\"]", "{\"id\":1}"])
    func otherKinds(_ text: String) throws {
        try parsed(text) { view in #expect(JSONNameTableTests.table.index(of: view) == nil) }
    }

    @Test("member names are found among their values")
    func members() throws {
        let table = JSONNameTable(["org", "calls"])
        try parsed("{\"calls\":1,\"x\":\"org\",\"org\":\"calls\"}") { root in
            #expect(root.members.map { table.index(of: $0.key) } == [1, nil, 0])
            #expect(root.members.map { table.index(of: $0.value) } == [nil, 0, 1])
        }
    }

    @Test("a table of one name, and of none")
    func smallest() throws {
        try parsed("[\"\",\"id\"]") { root in
            #expect(root.elements.map(JSONNameTable(["id"]).index(of:)) == [nil, 0])
            #expect(root.elements.map(JSONNameTable([""]).index(of:)) == [0, nil])
            #expect(root.elements.map(JSONNameTable([]).index(of:)) == [nil, nil])
        }
    }

    @Test("on random changes of the names: the same answer as comparing with each")
    func randomNames() throws {
        var random = SeededRandom()
        for _ in 0..<20_000 {
            let name = JSONNameTableTests.names.randomElement(using: &random).map { "\($0)" } ?? ""
            let changed = JSONNameTableTests.changed(name, using: &random)
            try parsed(JSONNameTableTests.quoted(changed)) { view in
                let expected = JSONNameTableTests.names.firstIndex { view.equals($0) }
                #expect(JSONNameTableTests.table.index(of: view) == expected, "\(changed)")
            }
        }
    }

    /// One or two characters replaced, doubled, put in, taken away or exchanged.
    private static func changed(_ name: String, using random: inout SeededRandom) -> String {
        var characters = Array(name)
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let place = Int.random(in: 0...characters.count, using: &random)
            let letter = Character(Unicode.Scalar(UInt8.random(in: 0x20...0x7E, using: &random)))
            switch Int.random(in: 0...3, using: &random) {
            case 0: characters.insert(letter, at: place)
            case 1 where place < characters.count: characters[place] = letter
            case 2 where place < characters.count: characters.remove(at: place)
            case 3 where place > 0 && place < characters.count: characters.swapAt(place - 1, place)
            default: break
            }
        }
        return String(characters)
    }

    private static func expect(_ name: String, isFoundAt index: Int) throws {
        try parsed(quoted(name)) { view in #expect(table.index(of: view) == index) }
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(text)
        return writer.take()
    }

    private func hexadecimal(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
