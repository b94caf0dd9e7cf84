/// Where the columns stand that are read, by the names in the file's header: which there are, and in what order,
/// differs between versions and kinds of event log files.
struct EventLogColumns {
    /// A column that is read when it is there.
    enum Name: String, CaseIterable {
        case eventType = "EVENT_TYPE"
        case timestampDerived = "TIMESTAMP_DERIVED"
        case timestamp = "TIMESTAMP"
        case requestID = "REQUEST_ID"
        case organizationID = "ORGANIZATION_ID"
        case userID = "USER_ID"
        case apiResource = "API_RESOURCE"
        case httpMethod = "HTTP_METHOD"
        case statusCode = "STATUS_CODE"
        case countsAgainstLimit = "COUNTS_AGAINST_API_LIMIT"
        case connectedAppID = "CONNECTED_APP_ID"
        case connectedAppName = "CONNECTED_APP_NAME"
        case clientName = "CLIENT_NAME"
    }

    /// How many fields every row must have.
    let count: Int
    private let indices: [Name: Int]

    init(header: CSVRecord) throws(EventLogFileError) {
        guard header.defect == nil else { throw .malformedHeader }
        let names = (0..<header.fieldCount).map { String(decoding: header[$0], as: UTF8.self) }
        var indices: [Name: Int] = [:]
        for (index, text) in names.enumerated() {
            guard let name = Name(rawValue: text) else { continue }
            guard indices.updateValue(index, forKey: name) == nil else { throw .repeatedColumn(text) }
        }
        guard indices[.timestampDerived] != nil || indices[.timestamp] != nil else {
            throw .missingColumn(anyOf: [Name.timestampDerived.rawValue, Name.timestamp.rawValue], found: names)
        }
        count = header.fieldCount
        self.indices = indices
    }

    /// The field of a row; nil when there is no such column or nothing in it.
    func field(_ name: Name, of row: CSVRecord) -> ArraySlice<UInt8>? {
        guard let index = indices[name] else { return nil }
        let field = row[index]
        return field.isEmpty ? nil : field
    }
}
