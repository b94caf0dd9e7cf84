/// A CSV reader (RFC 4180) that is fed pieces of a file and lends out one record at a time, so that its memory is
/// bounded by one record whatever the file's size.
///
/// Quoted fields may hold commas, line ends and doubled quotes. Lines end with CRLF or LF, the last one may be open. A
/// byte order mark before the first record is skipped.
struct CSVParser {
    /// The longest record in bytes, separators included; a quote that is never closed must not swallow a whole file.
    static let recordBytesMax = 1 << 20

    /// A record grew beyond `recordBytesMax`; the file cannot be read on.
    struct RecordTooLong: Error, Hashable {
        var line: Int
    }

    private enum State: Equatable {
        case fieldStart
        case unquoted
        case quoted
        /// Behind a quote in a quoted field: it closes the field, or another quote follows and both mean one.
        case quoteInQuoted
        case carriageReturn(behindClosingQuote: Bool)
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private var state = State.fieldStart
    private var record = CSVRecord()
    /// The line that is being read, counted from 1.
    private var line = 1
    /// How many bytes of a byte order mark stood at the beginning so far; nil once the beginning is past.
    private var markBytes: Int? = 0

    /// Takes the next piece of the file, and lends every record that ends in it to `body`.
    mutating func parse(_ chunk: UnsafeRawBufferPointer, _ body: (CSVRecord) throws -> Void) throws {
        var index = skipByteOrderMark(chunk)
        while index < chunk.count {
            let runEnd = endOfPlainRun(chunk, from: index)
            if runEnd > index {
                record.append(contentsOf: chunk[index..<runEnd])
                index = runEnd
            } else {
                try take(chunk[index], body)
                index += 1
            }
            guard record.size <= CSVParser.recordBytesMax else { throw RecordTooLong(line: record.line) }
        }
    }

    /// Says that the file ends here, and lends its last record to `body` when no line end stood behind it.
    mutating func finish(_ body: (CSVRecord) throws -> Void) throws {
        replayPartOfMark(markBytes ?? 0)
        if state == .quoted { record.note(.quoteNeverClosed) }
        let isOpen = state != .fieldStart || record.fieldCount > 0
        if isOpen { try endRecord(body) }
    }

    /// Where the bytes end that go into the current field as they are.
    private func endOfPlainRun(_ chunk: UnsafeRawBufferPointer, from start: Int) -> Int {
        switch state {
        case .unquoted: chunk[start...].firstIndex(where: CSVParser.endsUnquotedRun) ?? chunk.count
        case .quoted: chunk[start...].firstIndex(where: CSVParser.endsQuotedRun) ?? chunk.count
        case .fieldStart, .quoteInQuoted, .carriageReturn: start
        }
    }

    private static func endsUnquotedRun(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
        default: false
        }
    }

    private static func endsQuotedRun(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
    }

    private mutating func take(_ byte: UInt8, _ body: (CSVRecord) throws -> Void) throws {
        switch state {
        case .fieldStart:
            if byte == UInt8(ascii: "\"") { state = .quoted } else { try takeUnquoted(byte, body) }
        case .unquoted:
            if byte == UInt8(ascii: "\"") { record.note(.quoteInsideUnquotedField) }
            try takeUnquoted(byte, body)
        case .quoted:
            takeQuoted(byte)
        case .quoteInQuoted:
            try takeBehindQuote(byte, body)
        case .carriageReturn(let behindClosingQuote):
            try takeBehindCarriageReturn(byte, behindClosingQuote: behindClosingQuote, body)
        }
    }

    private mutating func takeUnquoted(_ byte: UInt8, _ body: (CSVRecord) throws -> Void) throws {
        switch byte {
        case UInt8(ascii: ","):
            record.endField()
            state = .fieldStart
        case UInt8(ascii: "\n"):
            try endLine(body)
        case UInt8(ascii: "\r"):
            state = .carriageReturn(behindClosingQuote: false)
        default:
            record.append(byte)
            state = .unquoted
        }
    }

    private mutating func takeQuoted(_ byte: UInt8) {
        if byte == UInt8(ascii: "\"") {
            state = .quoteInQuoted
        } else {
            if byte == UInt8(ascii: "\n") { line += 1 }
            record.append(byte)
        }
    }

    private mutating func takeBehindQuote(_ byte: UInt8, _ body: (CSVRecord) throws -> Void) throws {
        switch byte {
        case UInt8(ascii: "\""):
            record.append(byte)
            state = .quoted
        case UInt8(ascii: ","), UInt8(ascii: "\n"):
            try takeUnquoted(byte, body)
        case UInt8(ascii: "\r"):
            state = .carriageReturn(behindClosingQuote: true)
        default:
            record.note(.textAfterClosingQuote)
            try takeUnquoted(byte, body)
        }
    }

    /// A carriage return ends a line together with the line feed behind it; alone it is an ordinary character.
    private mutating func takeBehindCarriageReturn(
        _ byte: UInt8,
        behindClosingQuote: Bool,
        _ body: (CSVRecord) throws -> Void
    ) throws {
        guard byte != UInt8(ascii: "\n") else { return try endLine(body) }
        if behindClosingQuote { record.note(.textAfterClosingQuote) }
        record.append(UInt8(ascii: "\r"))
        state = .unquoted
        try take(byte, body)
    }

    private mutating func endLine(_ body: (CSVRecord) throws -> Void) throws {
        line += 1
        try endRecord(body)
    }

    private mutating func endRecord(_ body: (CSVRecord) throws -> Void) throws {
        record.endField()
        state = .fieldStart
        if !record.isBlank { try body(record) }
        record.restart(line: line)
    }

    /// Index of the chunk's first byte behind a byte order mark at the file's beginning, which pieces may cut through.
    private mutating func skipByteOrderMark(_ chunk: UnsafeRawBufferPointer) -> Int {
        guard var seen = markBytes else { return 0 }
        var index = 0
        while index < chunk.count, seen < CSVParser.byteOrderMark.count {
            guard chunk[index] == CSVParser.byteOrderMark[seen] else {
                replayPartOfMark(seen)
                return index
            }
            seen += 1
            index += 1
        }
        markBytes = seen == CSVParser.byteOrderMark.count ? nil : seen
        return index
    }

    /// What looked like the beginning of a mark was text.
    private mutating func replayPartOfMark(_ count: Int) {
        markBytes = nil
        guard count > 0 else { return }
        for byte in CSVParser.byteOrderMark.prefix(count) { record.append(byte) }
        state = .unquoted
    }
}
