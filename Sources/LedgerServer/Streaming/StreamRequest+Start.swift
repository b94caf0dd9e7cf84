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
    /// Finds out where the reader begins. Reads files.
    func start(in service: any ServedLedger) throws -> ReaderStart {
        let start = try from.firstPosition(in: service)
        let before = LogPosition(start.ordinal - 1)
        return ReaderStart(position: start, previousHash: try service.hash(after: before))
    }
}
