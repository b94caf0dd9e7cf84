package import EventSourcing
import QuotaDomain
package import SQLiteEventLog

/// One projection, as `projections.list` shows it.
package struct ProjectionReport: Sendable {
    package enum Kind: String, Sendable {
        /// In the sequencer's memory; certified by snapshots.
        case live
        /// In views.db.
        case view
    }

    package var name: String
    package var kind: Kind
    package var position: LogPosition
    /// Events behind the head.
    package var lag: Int64
    package var version: Int
    /// How far a rebuild that is under way has come.
    package var rebuiltTo: LogPosition?
}

/// Hashes of the state at one position, come by in three ways.
package struct ProjectionVerification: Sendable {
    package var position: LogPosition
    package var live: String
    /// From the first event on, or from what stands in for dropped ones.
    package var replay: String
    /// From the newest snapshot and the events behind it; nil when there is none.
    package var snapshot: (position: LogPosition, hash: String)?

    package var isEqual: Bool { live == replay && (snapshot.map { $0.hash == live } ?? true) }
}

extension LedgerService {
    /// The live state's name in `projections.list`.
    package static let liveProjection = "quota_state"

    package func projections() -> [ProjectionReport] {
        let head = feed.head.position
        let (position, rebuiltTo) = usageHistory.progress()
        return [
            ProjectionReport(
                name: LedgerService.liveProjection,
                kind: .live,
                position: head,
                lag: 0,
                version: QuotaState.encodingVersion,
                rebuiltTo: nil
            ),
            ProjectionReport(
                name: UsageHistory.name,
                kind: .view,
                position: position,
                lag: max(0, head.ordinal - position.ordinal),
                version: UsageHistory.version,
                rebuiltTo: rebuiltTo
            ),
        ]
    }

    /// Rebuilds the views while the old ones serve.
    package func rebuildProjections() throws -> RebuildReport {
        try tasks.run("projections.rebuild", unit: "events") { report in
            try usageHistory.rebuild { position, head in try report(position.ordinal, head.ordinal) }
        }
    }

    /// Compares the live state with what the log gives. Replays the whole log.
    package func verifyProjections() throws -> ProjectionVerification {
        try tasks.run("projections.verify", unit: "events") { report in
            let captured = try capturedState()
            let end = captured.head.position
            return ProjectionVerification(
                position: end,
                live: ChainHash.digest(of: captured.takeState().encode()),
                replay: try ProjectionCheck.replayed(log, upTo: end) { try report($0.ordinal, $1.ordinal) },
                snapshot: try ProjectionCheck.snapshotAndTail(log, upTo: end) { try report($0.ordinal, $1.ordinal) }
            )
        }
    }
}

/// State hashes from a log alone.
package enum ProjectionCheck {
    /// `onProgress` gets the position reached and the end.
    package static func replayed(
        _ log: SQLiteEventLog,
        upTo end: LogPosition,
        onProgress: (LogPosition, LogPosition) throws -> Void = { _, _ in }
    ) throws -> String {
        var state = try Recovery.baseState(of: log)
        var position = state.position
        try Recovery.replay(log, into: &state, after: &position, upTo: end, onProgress: onProgress)
        return ChainHash.digest(of: state.encode())
    }

    /// Nil where no snapshot checks out, or the one that does cannot be decoded: the start replays the log then.
    package static func snapshotAndTail(
        _ log: SQLiteEventLog,
        upTo end: LogPosition,
        onProgress: (LogPosition, LogPosition) throws -> Void = { _, _ in }
    ) throws -> (position: LogPosition, hash: String)? {
        let search = try log.newestGoodState(atOrBefore: end)
        guard let info = search.info, case .success(var state) = search.content else { return nil }
        var position = info.position
        try Recovery.replay(log, into: &state, after: &position, upTo: end, onProgress: onProgress)
        return (info.position, ChainHash.digest(of: state.encode()))
    }
}
