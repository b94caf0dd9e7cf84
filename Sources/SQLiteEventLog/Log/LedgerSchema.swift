import EventSourcing
import Foundation
import GRDB

/// The tables and views of ledger.db, and what every connection to it needs.
enum LedgerSchema {
    static let fileName = "ledger.db"

    /// "Ldgl" in ASCII: tells `file` and us what this database is.
    static let applicationID = 0x4C64_676C
    static let version = 4

    /// Bytes of a database page. Measured against 4 KiB: a commit of 1,000 events takes a tenth less and a checkpoint
    /// about half, a commit of one event a twentieth more.
    static let pageSize = 16_384

    /// Creates the tables in an empty file, brings an older one up to date; refuses a file that is not a ledger or is
    /// newer than this program.
    static func prepare(_ db: Database, path: String) throws {
        if try isEmpty(db) {
            try db.inTransaction(.immediate) {
                try db.execute(sql: tables + sealTable + views)
                try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
                return .commit
            }
        }
        try check(db, path: path)
        let found = try schemaVersion(of: db)
        guard found < version else { return }
        try db.inTransaction(.immediate) {
            if found == versionWithoutLabels { try addLabels(db) }
            try addSeal(db)
            try db.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }

    /// Has a connection that only reads see a file of an older version as one of this version.
    static func standIn(_ db: Database) throws {
        guard try schemaVersion(of: db) == versionWithoutLabels else { return }
        try db.execute(sql: "CREATE TEMP VIEW blocks AS SELECT *, NULL AS labels FROM main.blocks")
    }

    /// Throws `.storage` when the file is not a ledger that this program can read.
    static func check(_ db: Database, path: String) throws {
        let foundID = try Int.fetchOne(db, sql: "PRAGMA application_id")
        guard foundID == applicationID else { throw EventLogError.storage("\(path) is not a Ledgerline ledger") }
        let foundVersion = try schemaVersion(of: db)
        guard foundVersion <= version else {
            throw EventLogError.storage(
                "\(path) has schema version \(foundVersion); this program reads up to \(version): use a newer one"
            )
        }
    }

    /// False of an older file: opened for reading only, or not brought up to date yet.
    static func isCurrent(_ db: Database) throws -> Bool {
        try schemaVersion(of: db) == version
    }

    /// Of an older file whose seal does not say which snapshot is the base.
    static func isWithoutBase(_ db: Database) throws -> Bool {
        try schemaVersion(of: db) == versionWithoutBase
    }

    private static let versionWithoutLabels = 1

    /// SQLite adds a column behind all others only, so in such a file the labels of a block that is appended stand
    /// behind its body: found as surely as elsewhere, but with a page more to read. The blocks that are there have none
    /// until they are packed.
    private static func addLabels(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE blocks ADD COLUMN labels BLOB")
    }

    private static let versionWithoutBase = 3

    /// Takes what was kept of dropped events for what it was, as far as there is nothing to tell: no seal before version 3,
    /// and nothing in it about the base. Throws `.damaged` where the seal tells otherwise.
    private static func addSeal(_ db: Database) throws {
        let summary = try BlockQueries.firstRow(db).flatMap { $0.isSummary ? $0 : nil }
        let archive = try HourlyUsage.archived(db)
        if let summary { try ArchiveSeal.check(archive, summary, db) }
        try db.execute(sql: "DROP TABLE IF EXISTS archive_seal;" + sealTable)
        guard let summary else { return }
        let base = try SnapshotTable.likelyBase(behind: summary, db)
        try ArchiveSeal(of: archive, summary, base: base).save(db)
    }

    private static func schemaVersion(of db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    }

    private static func isEmpty(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
    }

    /// `seams` and `labels` stand before `body` so that reading them does not walk through the body's overflow pages.
    private static let tables = """
        CREATE TABLE blocks(
          first INTEGER PRIMARY KEY,
          count INTEGER NOT NULL,
          time_first INTEGER NOT NULL,
          time_last INTEGER NOT NULL,
          size INTEGER NOT NULL,
          hash TEXT NOT NULL,
          seams BLOB,
          labels BLOB,
          body BLOB
        ) STRICT;
        CREATE TABLE snapshots(
          id INTEGER PRIMARY KEY,
          position INTEGER NOT NULL,
          time INTEGER NOT NULL,
          chain_hash TEXT NOT NULL,
          version INTEGER NOT NULL,
          state_hash TEXT NOT NULL,
          size INTEGER NOT NULL,
          set_aside TEXT
        ) STRICT;
        CREATE TABLE snapshot_parts(
          snapshot INTEGER NOT NULL,
          part INTEGER NOT NULL,
          size INTEGER NOT NULL,
          body BLOB NOT NULL,
          PRIMARY KEY(snapshot, part)
        ) STRICT;
        CREATE TABLE archive(
          org TEXT NOT NULL,
          hour INTEGER NOT NULL,
          workspace TEXT NOT NULL,
          integration TEXT NOT NULL,
          purpose TEXT NOT NULL,
          verb TEXT NOT NULL,
          resource TEXT NOT NULL,
          status INTEGER NOT NULL,
          calls INTEGER NOT NULL,
          uncounted INTEGER NOT NULL,
          position INTEGER NOT NULL,
          PRIMARY KEY(org, hour, workspace, integration, purpose, verb, resource, status)
        ) STRICT, WITHOUT ROWID;

        """

    /// See `ArchiveSeal`.
    private static let sealTable = """
        CREATE TABLE archive_seal(
          id INTEGER PRIMARY KEY CHECK (id = 1),
          usage TEXT NOT NULL,
          dropped TEXT NOT NULL,
          base INTEGER NOT NULL
        ) STRICT;

        """

    /// For people at the stock `sqlite3` shell, which has `sqlar_uncompress`.
    private static let views = """
        CREATE VIEW events(position, time, type, org, workspace, data, event) AS
        SELECT json_extract(line.value, '$.position'),
               json_extract(line.value, '$.time'),
               json_extract(line.value, '$.type'),
               json_extract(line.value, '$.org'),
               json_extract(line.value, '$.workspace'),
               json_extract(line.value, '$.data'),
               line.value
        FROM blocks,
             json_each(
               CASE WHEN body IS NOT NULL
               THEN '[' || replace(
                 rtrim(CAST(sqlar_uncompress(body, size) AS TEXT), char(10)), char(10), ',') || ']'
               END) AS line;
        CREATE VIEW calls(
          position, at, time, org, workspace, integration, purpose, calls, counted, verb, resource, status, id) AS
        SELECT position,
               coalesce(json_extract(data, '$.at'), time),
               time,
               org,
               workspace,
               json_extract(data, '$.integration'),
               json_extract(data, '$.purpose'),
               json_extract(data, '$.calls'),
               coalesce(json_extract(data, '$.counted'), 1),
               json_extract(data, '$.verb'),
               json_extract(data, '$.resource'),
               json_extract(data, '$.status'),
               json_extract(data, '$.id')
        FROM events WHERE type = 'api.called';
        """
}

/// `sqlar_uncompress(body, size)`, which the shell has built in, for our own connections.
let sqlarUncompress = DatabaseFunction("sqlar_uncompress", argumentCount: 2, pure: true) { arguments in
    guard let stored = Data.fromDatabaseValue(arguments[0]), let size = Int.fromDatabaseValue(arguments[1]) else {
        return nil
    }
    if size <= 0 || size == stored.count { return stored }
    guard let original = Zlib.inflated(Array(stored), size: size) else {
        throw DatabaseError(message: "error in uncompress()")
    }
    return Data(original)
}
