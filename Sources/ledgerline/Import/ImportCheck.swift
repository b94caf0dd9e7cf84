import Salesforce

/// What the first reading of the files found.
struct ImportCheck {
    /// Bad rows that are shown; of more only the number is told.
    private static let shownBadRowsMax = 20
    /// The part of an org's id that its 15- and 18-character forms share.
    private static let organizationIDCharacters = 15

    private(set) var calls: Int64 = 0
    private(set) var badRows: Int64 = 0
    private var shownBadRows: [String] = []
    private var organizations: Set<String> = []

    mutating func take(_ row: EventLogFileReader.Row, of file: String) {
        switch row {
        case .call(let call):
            calls += 1
            if let organization = call.organization { organizations.insert(organization) }
        case .bad(let row):
            badRows += 1
            if shownBadRows.count < ImportCheck.shownBadRowsMax { shownBadRows.append("\(file): \(row)".printable) }
        }
    }

    /// The bad rows, and whether the calls are another org's.
    func report(org: String) -> [String] {
        var lines = shownBadRows
        let hidden = badRows - Int64(shownBadRows.count)
        if hidden > 0 { lines.append("… and \(Numbers.grouped(hidden)) more") }
        let foreign = organizations.filter { !ImportCheck.isSame($0, org) }.sorted()
        if !foreign.isEmpty {
            lines.append("note: the files name the org \(foreign.joined(separator: ", ")), and the calls go to \(org)")
        }
        return lines
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.prefix(organizationIDCharacters) == right.prefix(organizationIDCharacters)
    }
}
