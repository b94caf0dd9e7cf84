/// Reads an `ApiTotalUsage` event log file (R26) piece by piece, in memory bounded by one row and 16 bytes of identity
/// a row.
///
///     var reader = EventLogFileReader()
///     for chunk in chunks { try reader.read(chunk) { row in … } }
///     try reader.finish { row in … }
package struct EventLogFileReader {
    /// One row of the file.
    package enum Row: Hashable, Sendable {
        case call(ImportedCall)
        case bad(BadRow)
    }

    private var parser = CSVParser()
    private var columns: EventLogColumns?
    private var identity = RowIdentity()

    package init() {}

    /// Takes the next piece of the file, and hands every row that ends in it to `body`.
    ///
    /// Throws `EventLogFileError` when the file as a whole cannot be read, and whatever `body` throws.
    package mutating func read(_ chunk: UnsafeRawBufferPointer, _ body: (Row) throws -> Void) throws {
        try withTranslatedErrors { (reader) throws in
            // The parser is taken out, so that the closure may change the rest of the reader meanwhile.
            var parser = CSVParser()
            swap(&parser, &reader.parser)
            defer { swap(&parser, &reader.parser) }
            try parser.parse(chunk) { record in try reader.take(record, body) }
        }
    }

    /// Says that the file ends here, and hands the last row to `body` when no line end stood behind it.
    ///
    /// Throws `EventLogFileError.empty` when there was not even a header.
    package mutating func finish(_ body: (Row) throws -> Void) throws {
        try withTranslatedErrors { (reader) throws in
            var parser = CSVParser()
            swap(&parser, &reader.parser)
            try parser.finish { record in try reader.take(record, body) }
        }
        if columns == nil { throw EventLogFileError.empty }
    }

    private mutating func withTranslatedErrors(_ body: (inout Self) throws -> Void) throws {
        do {
            try body(&self)
        } catch let error as CSVParser.RecordTooLong {
            throw EventLogFileError.rowTooLong(line: error.line)
        }
    }

    private mutating func take(_ record: CSVRecord, _ body: (Row) throws -> Void) throws {
        guard let columns else {
            columns = try EventLogColumns(header: record)
            return
        }
        try body(row(record, columns))
    }

    private mutating func row(_ record: CSVRecord, _ columns: EventLogColumns) -> Row {
        if let defect = record.defect { return .bad(BadRow(line: record.line, defect)) }
        guard record.fieldCount == columns.count else {
            let problem = "has \(record.fieldCount) fields, the header \(columns.count)"
            return .bad(BadRow(line: record.line, problem: problem))
        }
        do throws(EventLogRow.Problem) {
            return .call(try EventLogRow(record: record, columns: columns).call(&identity))
        } catch {
            return .bad(BadRow(line: record.line, column: error.column.rawValue, problem: error.text))
        }
    }
}

extension BadRow {
    fileprivate init(line: Int, _ defect: CSVRecord.Defect) {
        let place = "field \(defect.field + 1)"
        switch defect.kind {
        case .quoteInsideUnquotedField: self.init(line: line, problem: "a quote inside the unquoted \(place)")
        case .textAfterClosingQuote: self.init(line: line, problem: "text behind the closing quote of \(place)")
        case .quoteNeverClosed: self.init(line: line, problem: "the quote of \(place) is never closed")
        }
    }
}
