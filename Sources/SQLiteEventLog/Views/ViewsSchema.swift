import GRDB

/// The tables of views.db. The file holds nothing that the log does not: it may be deleted at any time.
enum ViewsSchema {
    static let fileName = "views.db"

    /// "Ldgv" in ASCII.
    static let applicationID = 0x4C64_6776
    /// A file of another version is deleted and made anew from the log.
    static let version = 4

    /// Bytes of a database page.
    static let pageSize: CInt = 4_096

    /// For every connection to a file with these tables, before it reads anything: see `DatabaseFiles`.
    static func configuration(label: String) -> Configuration {
        DatabaseFiles.install()
        var configuration = Configuration()
        configuration.label = label
        configuration.busyMode = .timeout(1)
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            // Both take effect only while the file is empty.
            try db.execute(sql: "PRAGMA page_size = \(pageSize)")
            PageChecksums.reserve(db.sqliteConnection)
        }
        return configuration
    }

    static func create(_ db: Database) throws {
        try db.execute(sql: tables)
        try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
        try ViewsCheckpoint.start.save(db)
    }

    /// Of any version: they have had the same checkpoint.
    static func isOfViews(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "PRAGMA application_id") == applicationID
    }

    static func isCurrent(_ db: Database) throws -> Bool {
        try isOfViews(db) && Int.fetchOne(db, sql: "PRAGMA user_version") == version
    }

    private static let tables = """
        CREATE TABLE checkpoint(
          id INTEGER PRIMARY KEY CHECK (id = 1),
          position INTEGER NOT NULL,
          time INTEGER NOT NULL,
          hash TEXT NOT NULL,
          version INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE series(
          org TEXT NOT NULL,
          number INTEGER NOT NULL,
          workspace TEXT NOT NULL,
          integration TEXT NOT NULL,
          purpose TEXT NOT NULL,
          verb TEXT NOT NULL,
          resource TEXT NOT NULL,
          status INTEGER NOT NULL,
          PRIMARY KEY(org, number),
          UNIQUE(org, workspace, integration, purpose, verb, resource, status)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE hourly(
          org TEXT NOT NULL,
          hour INTEGER NOT NULL,
          chunk INTEGER NOT NULL,
          counts BLOB NOT NULL,
          PRIMARY KEY(org, hour, chunk)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE call_ranges(
          org TEXT NOT NULL,
          hour INTEGER NOT NULL,
          first INTEGER NOT NULL,
          last INTEGER NOT NULL,
          PRIMARY KEY(org, hour, first)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE facts(
          position INTEGER PRIMARY KEY,
          time INTEGER NOT NULL,
          type TEXT NOT NULL,
          org TEXT NOT NULL,
          workspace TEXT NOT NULL,
          event TEXT NOT NULL
        ) STRICT;
        CREATE INDEX facts_of_workspace ON facts(org, workspace, position);

        """
}
