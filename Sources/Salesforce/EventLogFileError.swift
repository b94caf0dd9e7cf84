/// Why a file as a whole cannot be read as an `ApiTotalUsage` event log file.
package enum EventLogFileError: Error, Hashable, Sendable {
    /// There is not even a header.
    case empty
    /// The header's own quotes are wrong.
    case malformedHeader
    /// None of these columns is there; `found` are those which are.
    case missingColumn(anyOf: [String], found: [String])
    /// The header names a column twice.
    case repeatedColumn(String)
    /// A row is longer than any real one: most likely a quote was opened and never closed.
    case rowTooLong(line: Int)
}

extension EventLogFileError: CustomStringConvertible {
    /// One sentence without a full stop, for people.
    package var description: String {
        switch self {
        case .empty:
            "the file is empty"
        case .malformedHeader:
            "line 1 is no CSV header"
        case .missingColumn(let names, let found):
            "there is no column \(names.joined(separator: " or ")); the columns are \(found.joined(separator: ", "))"
        case .repeatedColumn(let name):
            "the column \(name) is there twice"
        case .rowTooLong(let line):
            "line \(line) is longer than \(CSVParser.recordBytesMax) bytes; is a quote never closed?"
        }
    }
}
