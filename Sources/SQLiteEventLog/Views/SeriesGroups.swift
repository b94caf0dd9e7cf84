import Foundation
import GRDB

/// What a question about past usage tells apart: each series of its org is of one group, or the question is not about it.
struct SeriesGroups {
    /// In the order of their dimensions, byte by byte.
    private let keys: [DimensionsKey]
    /// By the series' number.
    private let groupOfSeries: [Int?]

    init(_ query: HistoryQuery, _ db: Database) throws {
        let keys = try SeriesKeys(query, db)
        let order = keys.distinct.indices.sorted { keys.distinct[$0] < keys.distinct[$1] }
        var ranks = Array(repeating: 0, count: order.count)
        for (rank, index) in order.enumerated() { ranks[index] = rank }
        self.keys = order.map { keys.distinct[$0] }
        groupOfSeries = keys.ofSeries.map { $0.map { ranks[$0] } }
    }

    var count: Int { keys.count }

    func dimensions(ofGroup group: Int) -> [String] { keys[group].dimensions }

    /// The groups of a chunk's series by their places, nil for those that the question is not about. Throws
    /// `ViewsError.damaged` when there are no such series.
    func groups(ofChunk chunk: Int) throws -> ArraySlice<Int?> {
        guard (0...groupOfSeries.count / SeriesChunk.seriesMax).contains(chunk) else {
            throw ViewsError.damaged("there are calls of series that are missing")
        }
        return groupOfSeries.dropFirst(chunk * SeriesChunk.seriesMax).prefix(SeriesChunk.seriesMax)
    }
}

/// The dimensions asked for of all series of an org, as they are read.
private struct SeriesKeys {
    /// Those that differ.
    private(set) var distinct: [DimensionsKey] = []
    /// By the series' number, the index of its key; nil when the question is not about it.
    private(set) var ofSeries: [Int?] = []

    init(_ query: HistoryQuery, _ db: Database) throws {
        let statement = try RowStatement(SeriesKeys.sql(for: query), db)
        statement.bind(query.org, at: 1)
        if let workspace = query.workspace { statement.bind(workspace, at: 2) }
        var indices: [DimensionsKey: Int] = [:]
        try statement.forEachRow { row in
            guard try row.number(at: 0) == ofSeries.count else {
                throw ViewsError.damaged("series \(ofSeries.count) of an org is missing")
            }
            guard try row.number(at: 1) == 1 else {
                ofSeries.append(nil)
                return true
            }
            let key = try DimensionsKey(row, columns: 2..<2 + query.groupBy.count)
            let index = indices[key] ?? distinct.count
            ofSeries.append(index)
            if index == distinct.count {
                indices[key] = index
                distinct.append(key)
            }
            return true
        }
    }

    /// The number, whether the question is about it, and the dimensions asked for.
    private static func sql(for query: HistoryQuery) -> String {
        let isAskedFor = query.workspace == nil ? "1" : "workspace = ?2"
        let columns = ["number", isAskedFor] + query.groupBy.map(\.sql)
        return "SELECT \(columns.joined(separator: ", ")) FROM series WHERE org = ?1 ORDER BY number"
    }
}

extension UsageDimension {
    /// As a text. The status 0 stands for none.
    fileprivate var sql: String { self == .status ? "iif(status = 0, '', CAST(status AS TEXT))" : rawValue }
}

/// The dimensions asked for, compared byte by byte: Strings are also equal when they are only canonically equivalent.
///
/// All bytes are hashed and compared at once: one by one, as arrays do it, that was a third of a question about all
/// dimensions.
private struct DimensionsKey: Hashable, Comparable {
    private var bytes: [UInt8] = []
    /// Ends each dimension: no text holds it, and it comes before all bytes of texts, so that keys have the order of their
    /// dimensions.
    private static let end: UInt8 = 0

    init(_ row: StatementRow, columns: Range<Int>) throws {
        for column in columns {
            try row.withBytes(at: Int32(column)) { bytes.append(contentsOf: $0) }
            bytes.append(DimensionsKey.end)
        }
    }

    var dimensions: [String] {
        bytes.split(separator: DimensionsKey.end, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    static func == (left: DimensionsKey, right: DimensionsKey) -> Bool {
        left.bytes.count == right.bytes.count && compared(left, right) == 0
    }

    static func < (left: DimensionsKey, right: DimensionsKey) -> Bool {
        let order = compared(left, right)
        return order == 0 ? left.bytes.count < right.bytes.count : order < 0
    }

    func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// Of as many bytes as both have.
    private static func compared(_ left: DimensionsKey, _ right: DimensionsKey) -> Int32 {
        memcmp(left.bytes, right.bytes, min(left.bytes.count, right.bytes.count))
    }
}
