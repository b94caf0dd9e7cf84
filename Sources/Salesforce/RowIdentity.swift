import Crypto
import EventSourcing

/// Gives every call an identity, so that a file imported twice, or an hourly file beside the daily one that holds the
/// same rows, adds nothing.
///
/// Event log files have no key: REQUEST_ID is shared by all calls of one transaction. So the identity is made of what
/// both files say alike: the instant, REQUEST_ID, USER_ID, HTTP_METHOD, API_RESOURCE, STATUS_CODE, whether the call
/// counts, and CONNECTED_APP_ID (CONNECTED_APP_NAME where that is missing). Rows that are alike in all of these
/// happened in the same millisecond, so they stand in the same files; each is a call of its own, told apart by its
/// ordinal among them. Whoever splits such rows by hand over two files has them counted once: the ordinal begins anew
/// in each file.
///
/// Memory: 16 bytes for every different row of the file, and the set's spare room.
struct RowIdentity {
    /// Half a SHA-256: two of a thousand million rows are alike by chance with probability 10⁻²¹.
    private typealias Digest = UInt128

    private static let fieldSeparator: UInt8 = 0x1F

    private var seen: Set<Digest> = []
    /// How often a row came that was seen before; rows that came once are not in here.
    private var repeats: [Digest: Int] = [:]
    private var content: [UInt8] = []

    /// The identity of the next row: 32 hexadecimal digits, and for the second and later of alike rows `-2`, `-3` …
    mutating func identify(_ row: CSVRecord, _ columns: EventLogColumns, at instant: Timestamp, counted: Bool) -> String
    {
        let digest = digest(of: row, columns, at: instant, counted: counted)
        let digits = RowIdentity.hexadecimal(digest)
        guard !seen.insert(digest).inserted else { return digits }
        let ordinal = repeats[digest, default: 1] + 1
        repeats[digest] = ordinal
        return "\(digits)-\(ordinal)"
    }

    private mutating func digest(
        of row: CSVRecord,
        _ columns: EventLogColumns,
        at instant: Timestamp,
        counted: Bool
    ) -> Digest {
        content.removeAll(keepingCapacity: true)
        instant.appendText(to: &content)
        content.append(UInt8(ascii: counted ? "1" : "0"))
        for name in [EventLogColumns.Name.requestID, .userID, .httpMethod, .apiResource, .statusCode] {
            appendField(columns.field(name, of: row))
        }
        appendField(columns.field(.connectedAppID, of: row) ?? columns.field(.connectedAppName, of: row))
        return SHA256.hash(data: content).prefix(16).reduce(0) { $0 << 8 | Digest($1) }
    }

    private mutating func appendField(_ field: ArraySlice<UInt8>?) {
        content.append(RowIdentity.fieldSeparator)
        content.append(contentsOf: field ?? [])
    }

    private static func hexadecimal(_ digest: Digest) -> String {
        let digits = String(digest, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
