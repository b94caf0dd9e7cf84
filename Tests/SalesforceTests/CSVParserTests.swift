import TestSupport
import Testing

@testable import Salesforce

@Suite("CSV parser")
struct CSVParserTests {
    private struct Parsed: Equatable {
        var line: Int
        var fields: [String]
        var defect: CSVRecord.Defect?
    }

    /// Feeds the text in pieces of `size` bytes.
    private func parse(_ text: [UInt8], pieces size: Int = .max) throws -> [Parsed] {
        var parser = CSVParser()
        var records: [Parsed] = []
        func keep(_ record: CSVRecord) {
            let fields = (0..<record.fieldCount).map { String(decoding: record[$0], as: UTF8.self) }
            records.append(Parsed(line: record.line, fields: fields, defect: record.defect))
        }
        var rest = text[...]
        while !rest.isEmpty {
            try Array(rest.prefix(size)).withUnsafeBytes { try parser.parse($0, keep) }
            rest = rest.dropFirst(size)
        }
        try parser.finish(keep)
        return records
    }

    private func fields(_ text: String) throws -> [[String]] { try parse(Array(text.utf8)).map(\.fields) }

    @Test(
        "RFC 4180",
        arguments: [
            ("", []),
            ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
            ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
            ("\"a\",\"\",\r\n", [["a", "", ""]]),
            ("\"a,\"\"b\"\"\r\nc\",d\n", [["a,\"b\"\r\nc", "d"]]),
            ("\"\"\"\",x\n", [["\"", "x"]]),
            ("a,b\r\n\r\n\nc,d\n", [["a", "b"], ["c", "d"]]),
            ("a\rb,c\r\n", [["a\rb", "c"]]),
            (",\n,", [["", ""], ["", ""]]),
            ("\u{FEFF}a,b\n", [["a", "b"]]),
            ("a\u{FEFF},b\n", [["a\u{FEFF}", "b"]]),
            ("a\r", [["a"]]),
        ] as [(String, [[String]])]
    )
    func reads(text: String, records: [[String]]) throws {
        #expect(try fields(text) == records)
    }

    @Test("A file that is only part of a byte order mark keeps its bytes")
    func partOfMark() throws {
        let records = try parse([0xEF, 0xBB])
        #expect(records.count == 1)
    }

    @Test("Lines are counted where records begin, embedded line ends included")
    func lines() throws {
        let records = try parse(Array("h\n\"a\n\nb\"\n\nc\n".utf8))
        #expect(records.map(\.line) == [1, 2, 6])
    }

    @Test(
        "Wrong quotes are named, and the next record is read as usual",
        arguments: [
            ("a,b\"c\nd", .init(kind: .quoteInsideUnquotedField, field: 1)),
            ("\"a\"b,c\nd", .init(kind: .textAfterClosingQuote, field: 0)),
            ("a\r\"b\nd", .init(kind: .quoteInsideUnquotedField, field: 0)),
            ("\"a\"\rb\nd", .init(kind: .textAfterClosingQuote, field: 0)),
        ] as [(String, CSVRecord.Defect)]
    )
    func defects(text: String, defect: CSVRecord.Defect) throws {
        let records = try parse(Array(text.utf8))
        #expect(records.map(\.defect) == [defect, nil])
    }

    @Test("A quote that is never closed")
    func openQuote() throws {
        let records = try parse(Array("a,\"b\nc".utf8))
        #expect(records.map(\.defect) == [CSVRecord.Defect(kind: .quoteNeverClosed, field: 1)])
    }

    @Test("A record that never ends is refused, not swallowed", arguments: [UInt8(ascii: "x"), UInt8(ascii: ",")])
    func tooLong(byte: UInt8) {
        let text = Array("a\n\"b\"\n".utf8) + [UInt8](repeating: byte, count: CSVParser.recordBytesMax + 2)
        #expect(throws: CSVParser.RecordTooLong(line: 3)) { try parse(text, pieces: 65_536) }
    }

    @Test("Random text reads the same in pieces of any size, and what was written is what is read")
    func pieces() throws {
        var random = SeededRandom()
        for _ in 0..<200 {
            let records = randomRecords(&random)
            let text = Array(written(records, &random).utf8)
            let whole = try parse(text)
            #expect(whole.map(\.fields) == records, "seed \(random.seed)")
            for size in [1, 2, 3, 7] { #expect(try parse(text, pieces: size) == whole, "seed \(random.seed)") }
        }
    }

    private func randomRecords(_ random: inout SeededRandom) -> [[String]] {
        let parts = ["a", "é", ",", "\"", "\n", "\r\n", "\r", " ", "𝄞", ""]
        return (0..<Int.random(in: 1...5, using: &random)).map { _ in
            let columns = Int.random(in: 2...4, using: &random)
            return (0..<columns).map { _ in
                (0..<Int.random(in: 0...4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
                    .joined()
            }
        }
    }

    private func written(_ records: [[String]], _ random: inout SeededRandom) -> String {
        records.map { record in
            record.map { field in
                let needsQuotes = field.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
                guard needsQuotes || Bool.random(using: &random) else { return field }
                return "\"\(field.replacing("\"", with: "\"\""))\""
            }.joined(separator: ",") + (Bool.random(using: &random) ? "\r\n" : "\n")
        }.joined()
    }
}
