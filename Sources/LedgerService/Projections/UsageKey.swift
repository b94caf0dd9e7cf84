import LineJSON
import QuotaDomain
import SQLiteEventLog

/// What a call is counted under, as the bytes of one key: the hour, the texts each with an end mark behind it, the
/// status.
///
/// One key serves all calls in turn: nothing is allocated for each.
struct UsageKey {
    /// Occurs in no UTF-8 text.
    private static let endMark: UInt8 = 0xFF

    /// The whole key.
    private(set) var bytes: [UInt8] = []
    /// How many bytes of the key, from its start, say which org and hour it is of.
    private(set) var orgHourLength = 0

    mutating func set(_ line: LogLine, _ call: LoggedCall, hour: Int64) {
        bytes.removeAll(keepingCapacity: true)
        append(hour)
        append(line.org)
        orgHourLength = bytes.count
        append(line.workspace)
        append(call.integration)
        append(call.purpose, orElse: Purpose.other.rawValue)
        append(call.verb)
        call.resource?.withText { ResourceClass.append($0, to: &bytes) }
        bytes.append(UsageKey.endMark)
        append(call.status ?? 0)
    }

    private mutating func append(_ text: JSONView?, orElse missing: String = "") {
        if text?.withText({ bytes.append(contentsOf: $0) }) == nil { bytes.append(contentsOf: missing.utf8) }
        bytes.append(UsageKey.endMark)
    }

    private mutating func append(_ number: Int64) {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }
}

extension UsageKey {
    /// The org and the hour that a key begins with.
    static func orgHour(_ key: UnsafeRawBufferPointer) -> (org: String, hour: Int64) {
        var reader = Reader(key: key)
        let hour = reader.number()
        return (reader.text(), hour)
    }

    static func usage(_ key: UnsafeRawBufferPointer, calls: Int64, uncounted: Int64) -> HourlyUsage {
        var reader = Reader(key: key)
        let hour = reader.number()
        return HourlyUsage(
            org: reader.text(),
            hour: hour,
            workspace: reader.text(),
            integration: reader.text(),
            purpose: reader.text(),
            verb: reader.text(),
            resource: reader.text(),
            status: Int(reader.number()),
            calls: Int(calls),
            uncounted: Int(uncounted)
        )
    }

    private struct Reader {
        let key: UnsafeRawBufferPointer
        var offset = 0

        mutating func number() -> Int64 {
            defer { offset += MemoryLayout<Int64>.size }
            return key.loadUnaligned(fromByteOffset: offset, as: Int64.self)
        }

        mutating func text() -> String {
            let end = key[offset...].firstIndex(of: UsageKey.endMark) ?? key.endIndex
            defer { offset = end + 1 }
            return String(decoding: key[offset..<end], as: UTF8.self)
        }
    }
}
