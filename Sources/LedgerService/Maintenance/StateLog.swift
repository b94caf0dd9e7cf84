package import EventSourcing
package import QuotaDomain
package import SQLiteEventLog

/// A log that keeps snapshots of the state beside the events: what a state comes back from.
package protocol StateLog: EventLog {
    /// The first position whose event is held; one behind the head when there is none.
    func firstHeld() throws -> LogPosition

    /// Saves the state after `head` as a snapshot.
    func save(state: QuotaState, at head: LogHead, time: Timestamp) throws -> SavedBody

    /// The state in the newest snapshot that checks out, at or before `limit` when given. The inner result is why the
    /// state of a snapshot that certified itself cannot be decoded.
    func newestGoodState(atOrBefore limit: LogPosition?) throws -> DecodedSnapshot<Result<QuotaState, any Error>>

    /// Deletes all but the newest snapshots.
    func pruneSnapshots(keeping count: Int) throws
}

extension SQLiteEventLog: StateLog {
    /// Bytes of an encoded state that are in memory at a time, and that an append may have to wait for.
    private static let statePartBytes = 1 << 20

    /// Saves the state after `head` as a snapshot, encoding it part by part.
    package func save(state: QuotaState, at head: LogHead, time: Timestamp) throws -> SavedBody {
        try save(
            at: head.position,
            time: time,
            chainHash: head.hash,
            version: QuotaState.encodingVersion
        ) { take in try state.encode(inPartsOf: SQLiteEventLog.statePartBytes, take) }
    }

    /// The state in the newest snapshot that checks out, decoded part by part. The inner result is why the state of a
    /// snapshot that certified itself cannot be decoded.
    package func newestGoodState(
        atOrBefore limit: LogPosition? = nil
    ) throws -> DecodedSnapshot<Result<QuotaState, any Error>> {
        try newestGoodSnapshot(version: QuotaState.encodingVersion, atOrBefore: limit) { next in
            Result { try QuotaState(decodingParts: next) }
        }
    }
}
