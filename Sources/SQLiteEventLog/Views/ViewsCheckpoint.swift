package import EventSourcing
import GRDB

/// How far into the log the views reach.
package struct ViewsCheckpoint: Hashable, Sendable {
    /// The last position that the views hold.
    package var position: LogPosition
    /// `time` of the event there.
    package var time: Timestamp
    /// The log's chain hash there: tells whether the views were made from this very log.
    package var hash: String
    /// The version of the projection that filled the views.
    package var version: Int

    package init(position: LogPosition, time: Timestamp, hash: String, version: Int) {
        self.position = position
        self.time = time
        self.hash = hash
        self.version = version
    }

    /// Of views that hold nothing yet; they fit every version.
    package static let start = ViewsCheckpoint(
        position: .beforeFirst,
        time: Timestamp(milliseconds: 0),
        hash: LogHead.empty.hash,
        version: 0
    )

    init?(_ db: Database) throws {
        let row = try Row.fetchOne(db, sql: "SELECT position, time, hash, version FROM checkpoint")
        guard let row, let position: Int64 = row.valid(at: 0), let time: Int64 = row.valid(at: 1),
            let hash: String = row.valid(at: 2),
            let version: Int = row.valid(at: 3)
        else { return nil }
        self.init(
            position: LogPosition(position),
            time: Timestamp(milliseconds: time),
            hash: hash,
            version: version
        )
    }

    func save(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO checkpoint(id, position, time, hash, version) VALUES (1, ?, ?, ?, ?)"
        )
        try statement.execute(arguments: [position.ordinal, time.milliseconds, hash, version])
    }
}
