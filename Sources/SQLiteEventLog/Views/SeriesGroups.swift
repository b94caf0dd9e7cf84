import GRDB

/// What a question about past usage tells apart: each series of its org is of one group, or the question is not about it.
/// Groups are numbered in the order of their dimensions, byte by byte.
struct SeriesGroups {
    /// The dimensions that differ.
    private let keys: KeyTable
    /// The number of each group's key.
    private let keyOfGroup: [Int]
    /// By the series' number.
    private let groupOfSeries: [Int?]

    init(_ query: HistoryQuery, _ db: Database) throws {
        let series = try SeriesKeys(query, db)
        keys = series.keys
        keyOfGroup = keys.numbersInOrder()
        var groupOfKey = Array(repeating: 0, count: keyOfGroup.count)
        for (group, key) in keyOfGroup.enumerated() { groupOfKey[key] = group }
        groupOfSeries = series.keyOfSeries.map { $0.map { groupOfKey[$0] } }
    }

    var count: Int { keyOfGroup.count }

    func dimensions(ofGroup group: Int) -> [String] {
        keys.withKey(keyOfGroup[group], SeriesKeys.dimensions(ofKey:))
    }

    /// The groups of a chunk's series by their places, nil for those that the question is not about. Throws
    /// `ViewsError.damaged` when there are no such series.
    func groups(ofChunk chunk: Int) throws -> ArraySlice<Int?> {
        guard (0...groupOfSeries.count / SeriesChunk.seriesMax).contains(chunk) else {
            throw ViewsError.damaged("there are calls of series that are missing")
        }
        return groupOfSeries.dropFirst(chunk * SeriesChunk.seriesMax).prefix(SeriesChunk.seriesMax)
    }
}

/// The dimensions asked for of all series of an org, as they are read: a key of their bytes, as Strings are also equal when
/// they are only canonically equivalent.
private struct SeriesKeys {
    private(set) var keys = KeyTable()
    /// By the series' number; nil when the question is not about it.
    private(set) var keyOfSeries: [Int?] = []

    /// What each key begins with: a `KeyTable` takes no shorter ones.
    private static let beginning = Array(repeating: end, count: 8)
    /// Ends each dimension: no text holds it, and it comes before all bytes of texts, so that keys have the order of their
    /// dimensions.
    private static let end: UInt8 = 0

    init(_ query: HistoryQuery, _ db: Database) throws {
        let statement = try RowStatement(SeriesKeys.sql(for: query), db)
        statement.bind(query.org, at: 1)
        if let workspace = query.workspace { statement.bind(workspace, at: 2) }
        var key = SeriesKeys.beginning
        try statement.forEachRow { row in
            guard try row.number(at: 0) == keyOfSeries.count else {
                throw ViewsError.damaged("series \(keyOfSeries.count) of an org is missing")
            }
            guard try row.number(at: 1) == 1 else {
                keyOfSeries.append(nil)
                return true
            }
            key.removeSubrange(SeriesKeys.beginning.count...)
            for column in query.groupBy.indices {
                try row.withBytes(at: Int32(column + 2)) { key.append(contentsOf: $0) }
                key.append(SeriesKeys.end)
            }
            keyOfSeries.append(key.withUnsafeBytes { keys.number(of: $0) })
            return true
        }
    }

    /// The number, whether the question is about it, and the dimensions asked for.
    private static func sql(for query: HistoryQuery) -> String {
        let isAskedFor = query.workspace == nil ? "1" : "workspace = ?2"
        let columns = ["number", isAskedFor] + query.groupBy.map(\.sql)
        return "SELECT \(columns.joined(separator: ", ")) FROM series WHERE org = ?1 ORDER BY number"
    }

    static func dimensions(ofKey key: UnsafeRawBufferPointer) -> [String] {
        key.dropFirst(beginning.count).split(separator: end, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}

extension UsageDimension {
    /// As a text. The status 0 stands for none.
    fileprivate var sql: String { self == .status ? "iif(status = 0, '', CAST(status AS TEXT))" : rawValue }
}
