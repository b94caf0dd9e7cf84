import EventSourcing
import LedgerService
import SQLiteEventLog

/// Where a reader begins.
struct ReaderStart: Sendable {
    var position: LogPosition
    /// The chain hash before that event, which the hash of its block continues; nil within a block.
    var previousHash: String?
}

extension StreamRequest {
    /// Finds out where the reader begins. Reads files. Refused are positions that are not held any more, and those past what
    /// comes next: nobody could tell when they will be reached.
    func start(in service: LedgerService) throws -> ReaderStart {
        let start = try from.firstPosition(in: service)
        let firstHeld = try service.log.firstHeld()
        let head = service.feed.head.position
        guard start <= head.next else { throw HistoryError.positionPastHead(asked: start, head: head) }
        guard start >= firstHeld || start > head else { throw EventLogError.outOfRange(firstHeld: firstHeld) }
        return ReaderStart(
            position: start, previousHash: try service.log.hash(after: LogPosition(start.ordinal - 1))
        )
    }
}
