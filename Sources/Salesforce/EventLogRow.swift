import EventSourcing

/// Reads the fields of one row; the first one that is wrong makes it a bad row.
struct EventLogRow {
    /// A field that is not what its column may hold.
    struct Problem: Error {
        var column: EventLogColumns.Name
        var text: String
    }

    static let eventType = "ApiTotalUsage"

    let record: CSVRecord
    let columns: EventLogColumns

    func call(_ identity: inout RowIdentity) throws(Problem) -> ImportedCall {
        try checkEventType()
        let at = try instant()
        let counted = try counted()
        var call = ImportedCall(
            id: "",
            at: at,
            appName: try appName(),
            counted: counted,
            verb: try text(.httpMethod, cutTo: ImportedCall.verbBytesMax),
            resource: try text(.apiResource, cutTo: ImportedCall.resourceBytesMax),
            status: try status(),
            organization: try text(.organizationID, cutTo: ImportedCall.organizationBytesMax)
        )
        // Identified last: a bad row must not change the ordinals of the good ones.
        call.id = identity.identify(record, columns, at: at, counted: counted)
        return call
    }

    private func checkEventType() throws(Problem) {
        guard let type = columns.field(.eventType, of: record) else { return }
        guard type.elementsEqual(EventLogRow.eventType.utf8) else {
            throw problem(.eventType, "expected \(EventLogRow.eventType)", type)
        }
    }

    private func instant() throws(Problem) -> Timestamp {
        if let derived = columns.field(.timestampDerived, of: record) {
            if let instant = Timestamp(text: derived) { return instant }
            throw problem(.timestampDerived, "expected an instant such as 2015-05-17T10:05:00.561Z", derived)
        }
        guard let compact = columns.field(.timestamp, of: record) else {
            throw Problem(column: .timestamp, text: "the row has no instant")
        }
        guard let instant = Timestamp(eventLog: compact) else {
            throw problem(.timestamp, "expected an instant such as 20150517100500.561", compact)
        }
        return instant
    }

    private func counted() throws(Problem) -> Bool {
        guard let field = columns.field(.countsAgainstLimit, of: record) else { return true }
        switch String(decoding: field, as: UTF8.self).lowercased() {
        case "1", "true": return true
        case "0", "false": return false
        default: throw problem(.countsAgainstLimit, "expected 1, 0, true or false", field)
        }
    }

    private func appName() throws(Problem) -> String {
        let limit = ImportedCall.appNameBytesMax
        if let name = try text(.connectedAppName, cutTo: limit) { return name }
        if let name = try text(.clientName, cutTo: limit) { return name }
        return ImportedCall.noAppName
    }

    private func status() throws(Problem) -> Int? {
        guard let field = columns.field(.statusCode, of: record) else { return nil }
        guard let status = Int(String(decoding: field, as: UTF8.self)), (100...599).contains(status) else {
            throw problem(.statusCode, "expected a number from 100 to 599", field)
        }
        return status
    }

    private func text(_ name: EventLogColumns.Name, cutTo bytesMax: Int) throws(Problem) -> String? {
        guard let field = columns.field(name, of: record) else { return nil }
        guard let text = String(validating: field, as: UTF8.self) else {
            throw problem(name, "expected UTF-8", field)
        }
        // The server's rule for names: none of C0, DEL and C1, which are Unicode's category Cc.
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw problem(name, "expected no control characters", field)
        }
        return text.cut(toBytes: bytesMax)
    }

    private func problem(
        _ column: EventLogColumns.Name,
        _ expectation: String,
        _ field: ArraySlice<UInt8>
    ) -> Problem {
        let quotedBytesMax = 60
        let text = String(decoding: field, as: UTF8.self)
        return Problem(column: column, text: "\(expectation), not \"\(text.cut(toBytes: quotedBytesMax))\"")
    }
}

extension String {
    /// The longest beginning of whole characters within so many bytes of UTF-8; of whole code points where not even the
    /// first character fits, so that something is left of every name.
    fileprivate func cut(toBytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var bytes = 0
        let characters = prefix { character in
            bytes += character.utf8.count
            return bytes <= bytesMax
        }
        return characters.isEmpty ? cutInsideCharacter(toBytes: bytesMax) : String(characters)
    }

    private func cutInsideCharacter(toBytes bytesMax: Int) -> String {
        var bytes = 0
        return String(
            unicodeScalars.prefix { scalar in
                bytes += scalar.utf8.count
                return bytes <= bytesMax
            }
        )
    }
}
