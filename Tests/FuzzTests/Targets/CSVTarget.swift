import TestSupport

@testable import Salesforce

extension FuzzTarget {
    /// A file gives the same records in whatever pieces it is read: those that a reader of the whole text makes out.
    static let csv = FuzzTarget(name: "csv") { input in
        var random = SeededRandom(for: input)
        var parser = CSVParser()
        var records: [NaiveCSV.Record] = []
        for piece in random.pieces(of: input) { try parser.parse(piece) { records.append(NaiveCSV.Record($0)) } }
        try parser.finish { records.append(NaiveCSV.Record($0)) }
        try requireEqual(records, NaiveCSV.records(of: Array(input)), "the records")
    }
}

/// RFC 4180 over a whole text, as simple as it gets.
struct NaiveCSV {
    struct Record: Equatable {
        var line: Int
        var fields: [[UInt8]] = []
        var defect: CSVRecord.Defect?

        init(line: Int) {
            self.line = line
        }

        init(_ record: CSVRecord) {
            line = record.line
            fields = (0..<record.fieldCount).map { Array(record[$0]) }
            defect = record.defect
        }

        var isBlank: Bool { fields == [[]] && defect == nil }

        mutating func note(_ kind: CSVRecord.Defect.Kind) {
            if defect == nil { defect = CSVRecord.Defect(kind: kind, field: fields.count) }
        }
    }

    private var rest: ArraySlice<UInt8>
    private var line = 1

    /// The records that are not blank.
    static func records(of text: [UInt8]) -> [Record] {
        var reader = NaiveCSV(rest: text.starts(with: [0xEF, 0xBB, 0xBF]) ? text[3...] : text[...])
        var records: [Record] = []
        while !reader.rest.isEmpty {
            let record = reader.record()
            if !record.isBlank { records.append(record) }
        }
        return records
    }

    private mutating func record() -> Record {
        var record = Record(line: line)
        repeat { record.fields.append(field(of: &record)) } while skip(",")
        // A lone carriage return at the end of the file is half a line end.
        if skip("\r\n") || skip("\n") { line += 1 } else { rest = [] }
        return record
    }

    private mutating func field(of record: inout Record) -> [UInt8] {
        guard skip("\"") else { return plain(of: &record) }
        var field: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard byte != UInt8(ascii: "\"") || skip("\"") else {
                if !isAtFieldEnd { record.note(.textAfterClosingQuote) }
                return field + plain(of: &record)
            }
            field.append(byte)
        }
        record.note(.quoteNeverClosed)
        return field
    }

    /// Text up to the end of the field, in which quotes are text but should not be.
    private mutating func plain(of record: inout Record) -> [UInt8] {
        var field: [UInt8] = []
        while !isAtFieldEnd, let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { record.note(.quoteInsideUnquotedField) }
            field.append(byte)
        }
        return field
    }

    private var isAtFieldEnd: Bool {
        rest.isEmpty || rest.first == UInt8(ascii: ",") || rest.first == UInt8(ascii: "\n")
            || rest.starts(with: "\r\n".utf8) || rest.elementsEqual("\r".utf8)
    }

    private mutating func skip(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest.removeFirst(text.utf8.count)
        return true
    }
}
