import EventSourcing
import TestSupport

@testable import Salesforce

extension FuzzTarget {
    /// An event log file gives the same rows in whatever pieces it is read. Its calls are within their bounds and have
    /// identities of their own, which they keep however they are quoted and in a file that holds a part of them.
    static let eventLogFile = FuzzTarget(name: "event-log-file") { input in
        var random = SeededRandom(for: input)
        let whole = FileContent(of: [input])
        try requireEqual(FileContent(of: random.pieces(of: input)), whole, "the rows, read in pieces")
        try checkBounds(of: whole.calls)
        try requireEqual(Set(whole.calls.map(\.id)).count, whole.calls.count, "identities")

        let records = NaiveCSV.records(of: Array(input))
        guard whole.error == nil, let header = records.first else { return }
        try requireEqual(records.count - 1, whole.rows.count, "a row for each record")
        let callRecords = zip(records.dropFirst(), whole.rows).filter { $0.1.call != nil }
        try requireEqual(
            FileContent(of: [header] + callRecords.map(\.0)).calls,
            whole.calls,
            "the calls of the file without its bad rows, all fields quoted"
        )
        let hourly = callRecords.filter { $0.1.call?.at.milliseconds.isMultiple(of: 2) == true }
        try requireEqual(
            FileContent(of: [header] + hourly.map(\.0)).calls,
            whole.calls.filter { $0.at.milliseconds.isMultiple(of: 2) },
            "the calls of a file with those of some instants"
        )
    }

    private static func checkBounds(of calls: [ImportedCall]) throws(BrokenPromise) {
        for call in calls {
            let bounds = [
                (call.appName, ImportedCall.appNameBytesMax), (call.verb, ImportedCall.verbBytesMax),
                (call.resource, ImportedCall.resourceBytesMax), (call.organization, ImportedCall.organizationBytesMax),
            ]
            for case (let text?, let bytesMax) in bounds {
                try require((1...bytesMax).contains(text.utf8.count), "\(text.utf8.count) bytes of up to \(bytesMax)")
                let hasControl = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
                try require(!hasControl, "a control character in \(text)")
            }
            try require(call.status.map { (100...599).contains($0) } ?? true, "status \(call.status ?? 0)")
            try require(Timestamp.representable.contains(call.at), "instant \(call.at.milliseconds)")
        }
    }
}

/// What one reading of a file gave.
private struct FileContent: Equatable {
    var rows: [EventLogFileReader.Row] = []
    var error: EventLogFileError?

    init(of pieces: [UnsafeRawBufferPointer]) {
        var reader = EventLogFileReader()
        do {
            for piece in pieces { try reader.read(piece) { rows.append($0) } }
            try reader.finish { rows.append($0) }
        } catch {
            self.error = error as? EventLogFileError
        }
    }

    /// Of a file with these records, every field quoted.
    init(of records: [NaiveCSV.Record]) {
        let text = records.map { record in
            record.fields.map { field in
                let doubled = field.flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }
                return Array("\"".utf8) + doubled + Array("\"".utf8)
            }.joined(separator: ",".utf8)
        }.joined(separator: "\r\n".utf8)
        self = Array(text).withUnsafeBytes { FileContent(of: [$0]) }
    }

    var calls: [ImportedCall] { rows.compactMap(\.call) }
}

extension EventLogFileReader.Row {
    fileprivate var call: ImportedCall? {
        if case .call(let call) = self { call } else { nil }
    }
}
