import EventSourcing
import LedgerService
import SQLiteEventLog

/// What a reader of events asks for.
struct StreamRequest: Sendable {
    var from: StreamOrigin
    var filter: EventFilter
    /// How long the connection may be silent.
    var heartbeat: TimeSpan
    /// Whether a control line with the hash follows every block.
    var wantsBlocks: Bool
    /// By whose leave: no longer than that is good.
    var grant: AccessGrant
}

/// Where a reader of events begins.
enum StreamOrigin: Hashable, Sendable {
    /// This event and what follows.
    case position(LogPosition)
    /// The first event that is held.
    case start
    /// What comes after the head.
    case end
    /// The first event recorded at or after this instant.
    case time(Timestamp)

    /// The first position to read. Blocks its thread. Refused are positions that are not held any more, and those past
    /// what comes next: nobody could tell when they will be reached.
    func firstPosition(in service: any ServedLedger) throws -> LogPosition {
        let position = try position(in: service)
        let head = service.feed.head.position
        guard position <= head.next else { throw HistoryError.positionPastHead(asked: position, head: head) }
        let firstHeld = try service.firstHeld()
        guard position >= firstHeld || position > head else { throw EventLogError.outOfRange(firstHeld: firstHeld) }
        return position
    }

    private func position(in service: any ServedLedger) throws -> LogPosition {
        switch self {
        case .position(let position): position
        case .start: max(try service.firstHeld(), LogPosition.beforeFirst.next)
        case .end: service.feed.head.position.next
        case .time(let instant): try service.firstPosition(atOrAfter: instant)
        }
    }
}
