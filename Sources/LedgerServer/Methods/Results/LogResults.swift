import EventSourcing
import LedgerService
import LineJSON
import SQLiteEventLog

extension JSONWriter {
    mutating func member(_ name: StaticString, head: LogHead) {
        object(name) { object in
            object.member("position", head.position)
            object.member("hash", head.hash)
        }
    }
}

extension JSONWriter {
    /// The members of `log.stats`; `snapshots` come oldest first.
    mutating func members(of log: LogStatistics, snapshots: [SnapshotInfo]) {
        member("head", head: log.head)
        member("first_held", log.firstHeld)
        member("events", log.events)
        member("blocks", log.blocks)
        member("packed_blocks", log.packedBlocks)
        member("time_first", log.timeFirst)
        member("time_last", log.timeLast)
        object("bytes") { $0.byteMembers(of: log) }
        array("snapshots") { array in
            for snapshot in snapshots.reversed() { array.object { $0.members(of: snapshot) } }
        }
    }

    private mutating func byteMembers(of log: LogStatistics) {
        member("lines", log.lineBytes)
        member("bodies", log.bodyBytes)
        member("database", log.databaseBytes)
        member("wal", log.walBytes)
    }

    private mutating func members(of snapshot: SnapshotInfo) {
        member("position", snapshot.position)
        member("time", snapshot.time)
        member("bytes", snapshot.size)
        member("set_aside", snapshot.setAside)
    }

    /// The members of `log.compact`.
    mutating func members(of report: CompactionReport) {
        member("blocks_before", report.blocksBefore)
        member("blocks_after", report.blocksAfter)
        member("bytes_before", report.bytesBefore)
        member("bytes_after", report.bytesAfter)
        member("dropped_events", report.droppedEvents)
    }

    /// The members of `log.verify`.
    mutating func members(of report: VerificationReport) {
        member("events", report.events)
        member("blocks", report.blocks)
        member("first_held", report.firstHeld)
        member("head", head: report.head)
    }

    /// One of `projections.list`.
    mutating func members(of report: ProjectionReport) {
        member("name", report.name)
        member("kind", report.kind.rawValue)
        member("position", report.position)
        member("lag", report.lag)
        member("version", report.version)
        member("rebuilding", report.rebuiltTo != nil)
        member("rebuilt_to", report.rebuiltTo)
    }

    /// The members of `projections.verify`.
    mutating func members(of verification: ProjectionVerification) {
        member("position", verification.position)
        member("live", verification.live)
        member("replay", verification.replay)
        if let snapshot = verification.snapshot {
            object("snapshot") { object in
                object.member("position", snapshot.position)
                object.member("hash", snapshot.hash)
            }
        } else {
            memberNull("snapshot")
        }
        member("equal", verification.isEqual)
    }
}
