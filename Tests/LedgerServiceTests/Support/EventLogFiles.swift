import EventSourcing
import Foundation

/// `ApiTotalUsage` event log files, read and written by a few lines that share nothing with the code under test.
struct CSVTable {
    var header: [String]
    var rows: [[String]]

    /// The sample that the Salesforce tests use too.
    static func sample(testFile: String = #filePath) throws -> CSVTable {
        let tests = URL(fileURLWithPath: testFile).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = tests.appendingPathComponent("SalesforceTests/Resources/ApiTotalUsage.csv")
        return CSVTable(try String(contentsOf: path, encoding: .utf8))
    }

    /// Every field is quoted, none holds a quote or a line break, as it is in the sample.
    init(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.dropFirst().dropLast().components(separatedBy: "\",\"")
        }
        (header, rows) = (lines[0], Array(lines.dropFirst()))
    }

    func value(_ column: String, of row: [String]) -> String { row[header.firstIndex(of: column)!] }

    func instant(of row: [String]) -> Timestamp { Timestamp(value("TIMESTAMP_DERIVED", of: row))! }

    func filtered(_ isIncluded: ([String]) -> Bool) -> CSVTable {
        var table = self
        table.rows = rows.filter(isIncluded)
        return table
    }

    /// The same with its columns in another order.
    func shuffled(using random: inout some RandomNumberGenerator) -> CSVTable {
        let order = header.indices.shuffled(using: &random)
        var table = self
        table.header = order.map { header[$0] }
        table.rows = rows.map { row in order.map { row[$0] } }
        return table
    }

    var text: String {
        ([header] + rows).map { row in row.map { "\"\($0)\"" }.joined(separator: ",") + "\n" }.joined()
    }
}
