package import EventSourcing

/// One call as an `ApiTotalUsage` event log file tells of it (R26).
package struct ImportedCall: Hashable, Sendable {
    /// The longest texts in bytes of UTF-8, as the wire takes them; what is longer is cut.
    package static let appNameBytesMax = 128
    package static let verbBytesMax = 16
    package static let organizationBytesMax = 64
    package static let resourceBytesMax = 512
    /// What calls are filed under which name neither a connected app nor a client.
    package static let noAppName = "(no connected app)"

    /// The same for the same call in every file that tells of it; see `RowIdentity`.
    package var id: String
    /// When Salesforce received the call.
    package var at: Timestamp
    /// `CONNECTED_APP_NAME`, else `CLIENT_NAME`, else `noAppName`.
    package var appName: String
    /// Whether the call counts against the allowance; true when the file does not say.
    package var counted: Bool
    /// `HTTP_METHOD`, nil when the file does not say.
    package var verb: String?
    /// `API_RESOURCE`, nil when the file does not say.
    package var resource: String?
    /// `STATUS_CODE`, 100–599, nil when the file does not say.
    package var status: Int?
    /// `ORGANIZATION_ID`, nil when the file does not say.
    package var organization: String?
}

/// A row that could not be read.
package struct BadRow: Hashable, Sendable {
    /// Line of the file on which the row begins, counted from 1.
    package var line: Int
    /// Name of the column, nil when the row as a whole is wrong.
    package var column: String?
    /// What is wrong, without a full stop.
    package var problem: String
}

extension BadRow: CustomStringConvertible {
    /// `line 7, STATUS_CODE: expected a number from 100 to 599, not "abc"`.
    package var description: String {
        "line \(line)\(column.map { ", \($0)" } ?? ""): \(problem)"
    }
}
