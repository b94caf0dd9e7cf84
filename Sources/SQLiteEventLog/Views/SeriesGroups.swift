import GRDB

/// What a question about past usage tells apart: each series of its org is of one group, or the question is not about it.
///
/// Series are read by the chunk, as their counts are met: an org may have had many more since its beginning.
struct SeriesGroups {
    private let statement: RowStatement
    private let dimensionCount: Int
    /// Of each group, the dimensions. By their bytes: Strings are also equal when they are only canonically equivalent.
    private var keys = KeyTable()
    private var groupsOfChunk: [Int: [Int?]] = [:]
    /// The place of each group in the order of dimensions, as far as they were known when it was last asked for.
    private var ranks: [Int] = []

    /// What each key begins with: a `KeyTable` takes no shorter ones.
    private static let beginning = Array(repeating: end, count: 8)
    /// Ends each dimension: no text holds it, and it comes before all bytes of texts, so that keys have the order of their
    /// dimensions.
    private static let end: UInt8 = 0

    init(_ query: HistoryQuery, _ db: Database) throws {
        statement = try RowStatement(SeriesGroups.sql(for: query), db)
        statement.bind(query.org, at: 1)
        if let workspace = query.workspace { statement.bind(workspace, at: 4) }
        dimensionCount = query.groupBy.count
    }

    /// The number, whether the question is about it, and the dimensions asked for.
    private static func sql(for query: HistoryQuery) -> String {
        let isAskedFor = query.workspace == nil ? "1" : "workspace = ?4"
        let columns = ["number", isAskedFor] + query.groupBy.map(\.sql)
        return """
            SELECT \(columns.joined(separator: ", ")) FROM series WHERE org = ?1 AND number BETWEEN ?2 AND ?3
            ORDER BY number
            """
    }

    /// How many were met.
    var count: Int { keys.count }

    /// The groups of a chunk's series by their places, nil for those that the question is not about. Throws
    /// `ViewsError.damaged` when there are no such series.
    mutating func groups(ofChunk chunk: Int) throws -> [Int?] {
        if let known = groupsOfChunk[chunk] { return known }
        guard (0...Int(Int32.max) / SeriesChunk.seriesMax).contains(chunk) else {
            throw ViewsError.damaged("there are calls of a series that cannot be")
        }
        let groups = try read(from: chunk * SeriesChunk.seriesMax)
        groupsOfChunk[chunk] = groups
        return groups
    }

    private mutating func read(from first: Int) throws -> [Int?] {
        statement.bind(Int64(first), at: 2)
        statement.bind(Int64(first + SeriesChunk.seriesMax - 1), at: 3)
        var groups: [Int?] = []
        var key = SeriesGroups.beginning
        try statement.forEachRow { row in
            guard try row.number(at: 0) == first + groups.count else {
                throw ViewsError.damaged("series \(first + groups.count) of an org is missing")
            }
            guard try row.number(at: 1) == 1 else {
                groups.append(nil)
                return true
            }
            key.removeSubrange(SeriesGroups.beginning.count...)
            for column in 0..<dimensionCount {
                try row.withBytes(at: Int32(column + 2)) { key.append(contentsOf: $0) }
                key.append(SeriesGroups.end)
            }
            groups.append(key.withUnsafeBytes { keys.number(of: $0) })
            return true
        }
        return groups
    }

    /// Puts groups into the order of their dimensions, byte by byte.
    mutating func sort(_ groups: inout [Int]) {
        if ranks.count < keys.count {
            ranks = Array(repeating: 0, count: keys.count)
            for (rank, group) in keys.numbersInOrder().enumerated() { ranks[group] = rank }
        }
        groups.sort { [ranks] in ranks[$0] < ranks[$1] }
    }

    func dimensions(ofGroup group: Int) -> [String] {
        keys.withKey(group) { key in
            key.dropFirst(SeriesGroups.beginning.count)
                .split(separator: SeriesGroups.end, omittingEmptySubsequences: false)
                .dropLast()
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }
}

extension UsageDimension {
    /// As a text. The status 0 stands for none.
    fileprivate var sql: String { self == .status ? "iif(status = 0, '', CAST(status AS TEXT))" : rawValue }
}
