package import EventSourcing
package import QuotaDomain
package import SQLiteEventLog

/// A log that keeps snapshots of the state beside the events: what a state comes back from.
package protocol StateLog: EventLog {
    /// The first position whose event is held; one behind the head when there is none.
    func firstHeld() throws -> LogPosition

    /// Saves a captured state as a snapshot, and lets go of it on the way. `rest` is called now and then in between.
    func save(_ captured: CapturedState, resting rest: () -> Void) throws -> SavedBody

    /// The state in the newest snapshot that checks out, at or before `limit` when given. The inner result is why the
    /// state of a snapshot that certified itself cannot be decoded.
    func newestGoodState(atOrBefore limit: LogPosition?) throws -> DecodedSnapshot<Result<QuotaState, any Error>>

    /// Deletes all but the newest snapshots.
    func pruneSnapshots(keeping count: Int) throws
}

extension SQLiteEventLog: StateLog {
    /// Encodes the state part by part; `rest` is called between parts.
    package func save(_ captured: CapturedState, resting rest: () -> Void = {}) throws -> SavedBody {
        try save(
            at: captured.head.position,
            time: captured.time,
            chainHash: captured.head.hash,
            version: QuotaState.encodingVersion
        ) { take in
            var state = captured.takeState()
            var isFirst = true
            try state.encodeAndLetGo(inPartsOf: SQLiteEventLog.snapshotPartBytes) { part in
                if !isFirst { rest() }
                isFirst = false
                try take(part)
            }
        }
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
