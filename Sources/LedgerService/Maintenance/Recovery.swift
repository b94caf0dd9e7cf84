package import EventSourcing
import Logging
package import QuotaDomain
import SQLiteEventLog

/// How a state comes back from a log: the newest snapshot that certifies itself, then the rest of the log.
package enum Recovery {
    /// Lines read at a time, in bytes.
    private static let readBytes = 4 << 20

    package struct Recovered: Sendable {
        package var state: QuotaState
        package var head: LogHead
        /// Where the snapshot stood; `.beforeFirst` when there was none.
        package var snapshot: LogPosition
        /// For the operator.
        package var warnings: [String]

        package var replayed: Int64 { head.position.ordinal - snapshot.ordinal }
    }

    /// The state at the log's head. `onProgress` gets the position reached and the head's.
    package static func recover(
        _ log: some StateLog,
        onProgress: (LogPosition, LogPosition) -> Void = { _, _ in }
    ) throws -> Recovered {
        let head = try log.head()
        var (state, position, warnings) = try newestSnapshot(of: log)
        if position == .beforeFirst, try log.firstHeld() > LogPosition.beforeFirst.next {
            throw missingBase(before: try log.firstHeld(), warnings)
        }
        let snapshot = position
        try replay(log, into: &state, after: &position, upTo: head.position, onProgress: onProgress)
        return Recovered(state: state, head: head, snapshot: snapshot, warnings: warnings)
    }

    /// The state that the events which are held go on from: the initial one, or that of the base, which stands in for
    /// what retention dropped. Throws `.damaged` rather than have a later snapshot stand in: it would not know of what
    /// lies between.
    static func baseState(of log: SQLiteEventLog) throws -> QuotaState {
        let base = try log.atBase { position in
            let found = try log.newestGoodState(atOrBefore: position)
            switch found.content {
            case .success(let state): return .good(state)
            case .failure(let error): return .bad("\(error)")
            case nil: return found.warnings.last.map { .bad($0) }
            }
        }
        return base ?? .initial
    }

    /// Saves the state that the events from `next` on go on from, give or take a block, so that every question about
    /// the time from there on can be answered once the events before are dropped. Nothing to do where they are already.
    static func saveBase(
        of log: SQLiteEventLog,
        before next: LogPosition,
        onProgress: (LogPosition, LogPosition) throws -> Void = { _, _ in }
    ) throws {
        guard next > (try log.firstHeld()) else { return }
        let block = try log.read(from: next, byteLimit: 1).first?.block
        let end = try block.map { LogPosition($0.first.ordinal - 1) } ?? log.head().position
        let newest = try log.newestGoodState(atOrBefore: end)
        // One that cannot be decoded is passed over, as it is at the start.
        var state = try newest.content.flatMap { try? $0.get() } ?? baseState(of: log)
        var position = state.position
        guard position < end, let time = try log.time(of: end), let chainHash = try log.hash(after: end) else { return }
        try replay(log, into: &state, after: &position, upTo: end, onProgress: onProgress)
        _ = try log.save(CapturedState(state: state, head: LogHead(position: end, hash: chainHash), time: time))
    }

    private static func missingBase(before firstHeld: LogPosition, _ warnings: [String]) -> EventLogError {
        let reason = ["the events before were dropped, and no snapshot stands in for them"] + warnings
        return .damaged(at: firstHeld, reason: reason.joined(separator: "; "))
    }

    /// Reads everything behind `position` up to `end` into `state`. Ends with what `onProgress` throws.
    static func replay(
        _ log: some EventLog,
        into state: inout QuotaState,
        after position: inout LogPosition,
        upTo end: LogPosition,
        onProgress: (LogPosition, LogPosition) throws -> Void = { _, _ in }
    ) throws {
        var reader = EventReader()
        while position < end {
            let blocks = try log.read(from: position.next, byteLimit: readBytes)
            guard !blocks.isEmpty else {
                throw EventLogError.damaged(at: position.next, reason: "the log ends before its head")
            }
            for block in blocks where position < end {
                let folded = position
                try reader.read(block.block) { recorded in
                    guard recorded.position > folded, recorded.position <= end else { return }
                    state.evolve(recorded.event, at: recorded.position, time: recorded.time)
                }
                position = min(block.block.last, end)
            }
            try onProgress(position, end)
        }
    }

    private static func newestSnapshot(of log: some StateLog) throws -> (QuotaState, LogPosition, [String]) {
        let search = try log.newestGoodState(atOrBefore: nil)
        guard let info = search.info, let content = search.content else {
            return (.initial, .beforeFirst, search.warnings)
        }
        switch content {
        case .success(let state): return (state, info.position, search.warnings)
        case .failure(let error):
            let warning = "the snapshot at position \(info.position) cannot be decoded (\(error)): replaying the log"
            return (.initial, .beforeFirst, search.warnings + [warning])
        }
    }
}
