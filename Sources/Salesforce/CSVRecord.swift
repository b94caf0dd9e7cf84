/// One record of a CSV file, unquoted, in memory that the parser uses again for the next one.
struct CSVRecord {
    /// What is wrong with the record's quotes, and with which field.
    struct Defect: Hashable {
        enum Kind: Hashable {
            case quoteInsideUnquotedField
            case textAfterClosingQuote
            case quoteNeverClosed
        }

        var kind: Kind
        /// Index of the field, counted from 0.
        var field: Int
    }

    /// Line of the file on which the record begins, counted from 1.
    var line = 1
    /// The first thing that is wrong; the fields are then as good as they could be made out.
    var defect: Defect?
    /// The fields' bytes behind each other.
    private(set) var bytes: [UInt8] = []
    /// Where in `bytes` each field ends.
    private(set) var ends: [Int] = []

    var fieldCount: Int { ends.count }

    /// Bytes of the fields and of the separators between them.
    var size: Int { bytes.count + ends.count }

    /// A line with nothing on it.
    var isBlank: Bool { ends.count == 1 && bytes.isEmpty && defect == nil }

    /// The bytes of one field.
    subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(contentsOf run: Slice<UnsafeRawBufferPointer>) { bytes.append(contentsOf: run) }

    mutating func endField() { ends.append(bytes.count) }

    mutating func note(_ kind: Defect.Kind) {
        if defect == nil { defect = Defect(kind: kind, field: ends.count) }
    }

    mutating func restart(line: Int) {
        self.line = line
        defect = nil
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
