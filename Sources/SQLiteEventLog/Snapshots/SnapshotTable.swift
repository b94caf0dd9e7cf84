import EventSourcing
import GRDB

/// A row of `snapshots`: the certificate of a body whose parts are rows of `snapshot_parts`.
struct StoredSnapshot {
    var id: Int64
    var chainHash: String
    var stateHash: String
    var info: SnapshotInfo

    var position: LogPosition { info.position }
    var version: Int { info.version }

    init(id: Int64, chainHash: String, stateHash: String, info: SnapshotInfo) {
        (self.id, self.chainHash, self.stateHash, self.info) = (id, chainHash, stateHash, info)
    }

    init(id: Int64, _ snapshot: Snapshot) {
        let info = SnapshotInfo(
            position: snapshot.position,
            time: snapshot.time,
            version: snapshot.version,
            size: snapshot.body.count,
            setAside: nil
        )
        self.init(id: id, chainHash: snapshot.chainHash, stateHash: snapshot.stateHash, info: info)
    }

    /// Nil when a column does not hold what the schema demands: only a damaged file can get there.
    init?(row: Row) {
        guard let id: Int64 = row.valid(at: 0), let position: Int64 = row.valid(at: 1),
            let time: Int64 = row.valid(at: 2),
            let chainHash: String = row.valid(at: 3), let version: Int64 = row.valid(at: 4),
            let stateHash: String = row.valid(at: 5),
            let size: Int64 = row.valid(at: 6)
        else { return nil }
        (self.id, self.chainHash, self.stateHash) = (id, chainHash, stateHash)
        info = SnapshotInfo(
            position: LogPosition(position),
            time: Timestamp(milliseconds: time),
            version: Int(version),
            size: Int(size),
            setAside: row.valid(at: 7)
        )
    }

    func snapshot(body: [UInt8]) -> Snapshot {
        Snapshot(
            position: info.position,
            time: info.time,
            chainHash: chainHash,
            version: info.version,
            stateHash: stateHash,
            body: body
        )
    }
}

/// The statements on snapshots. A body is stored in parts, so that saving or deleting one of hundreds of megabytes
/// never keeps the writer's connection for longer than one part takes.
enum SnapshotTable {
    /// Parts without a snapshot that are deleted in one transaction.
    private static let partsDeletedMax = 4
    /// About how many pages such a transaction writes: of the tree, of the list of free pages, and of the map of pages. The
    /// pages that become free are left as they are.
    static let pagesDeletingWrites = 4
    /// A snapshot is written often and read once: the fastest level.
    private static let compressionLevel = 1
    /// Bytes of a part that are compressed to see whether the whole is worth it. Most of a large state are digests, which
    /// are not: they would take ten seconds to write and one to read, for a tenth of the space.
    private static let sampleBytes = 16 << 10
    /// A part is compressed when its sample takes at most this percentage of its length then.
    private static let samplePercentMax = 75

    private static let columns = "id, position, time, chain_hash, version, state_hash, size, set_aside"

    /// From the oldest position to the newest, those left out whose row is not valid.
    static func all(_ db: Database) throws -> [StoredSnapshot] {
        let rows = try Row.fetchAll(db, sql: "SELECT \(columns) FROM snapshots ORDER BY position, id")
        return rows.compactMap(StoredSnapshot.init(row:))
    }

    /// Those in use whose row is not valid.
    static func invalidIDs(_ db: Database) throws -> [Int64] {
        let rows = try Row.fetchAll(db, sql: "SELECT \(columns) FROM snapshots WHERE set_aside IS NULL")
        return rows.filter { StoredSnapshot(row: $0) == nil }.compactMap { $0.valid(at: 0) }
    }

    /// The oldest one in use that may stand in for what was dropped: for files that do not say which does. The position of
    /// the last dropped event where there is none.
    static func likelyBase(behind summary: StoredBlock, _ db: Database) throws -> LogPosition {
        let inUse = try all(db).filter { $0.info.setAside == nil }
        return inUse.first { $0.position >= summary.last }?.position ?? summary.last
    }

    static func setAside(_ id: Int64, because reason: String, _ db: Database) throws {
        try db.execute(sql: "UPDATE snapshots SET set_aside = ? WHERE id = ?", arguments: [reason, id])
    }

    static func unusedID(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT coalesce(max(id), 0) + 1 FROM snapshots") ?? 1
    }

    /// A part as it is stored: compressed where that is worth it, and else as it is.
    static func stored(_ part: [UInt8]) -> [UInt8] {
        let sample = part.prefix(sampleBytes)
        guard let shorter = Zlib.compressed(sample, level: compressionLevel),
            shorter.count * 100 <= sample.count * samplePercentMax
        else { return part }
        return Zlib.compressed(part, level: compressionLevel) ?? part
    }

    static func insertPart(_ stored: [UInt8], size: Int, number: Int, of id: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO snapshot_parts(snapshot, part, size, body) VALUES (?, ?, ?, ?)"
        )
        try stored.withDataView { try statement.execute(arguments: [id, number, size, $0]) }
    }

    static func insertCertificate(_ snapshot: StoredSnapshot, _ db: Database) throws {
        try db.execute(
            sql: "DELETE FROM snapshots WHERE position = ? AND set_aside IS NULL",
            arguments: [snapshot.position.ordinal]
        )
        try db.execute(
            sql: """
                INSERT INTO snapshots(id, position, time, chain_hash, version, state_hash, size)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                snapshot.id, snapshot.position.ordinal, snapshot.info.time.milliseconds, snapshot.chainHash,
                snapshot.version, snapshot.stateHash, snapshot.info.size,
            ]
        )
    }

    /// Gives the parts one after the other, up to the last one or the first that is damaged.
    static func forEachPart(of stored: StoredSnapshot, _ db: Database, _ body: ([UInt8]) throws -> Void) throws {
        let parts = try Row.fetchCursor(
            db,
            sql: "SELECT size, body FROM snapshot_parts WHERE snapshot = ? ORDER BY part",
            arguments: [stored.id]
        )
        while let part = try parts.next(), let size = part[0] as Int64?, let bytes = try part.bytes(at: 1),
            let whole = Zlib.inflated(bytes, size: Int(size))
        {
            try body(whole)
        }
    }

    static func deleteCertificate(of stored: StoredSnapshot, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM snapshots WHERE id = ?", arguments: [stored.id])
    }

    /// Deletes some parts that belong to no snapshot; false when there were none.
    static func deleteOrphanedParts(_ db: Database) throws -> Bool {
        try db.execute(
            sql: """
                DELETE FROM snapshot_parts WHERE rowid IN (
                  SELECT rowid FROM snapshot_parts WHERE snapshot NOT IN (SELECT id FROM snapshots) LIMIT ?)
                """,
            arguments: [partsDeletedMax]
        )
        return db.changesCount > 0
    }
}
