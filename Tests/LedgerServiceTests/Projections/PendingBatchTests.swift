import EventSourcing
import SQLiteEventLog
import Testing

@testable import LedgerService

@Suite struct PendingBatchTests {
    @Test func growsUntilItIsTaken() throws {
        var batch = PendingBatch(after: .start)
        #expect(batch.isEmpty && !batch.isDue && batch.timeLeft == nil)
        try batch.fold([])
        #expect(batch.isEmpty && batch.timeLeft == nil)
        try batch.fold([block(1, noteBytes: 10), block(2, noteBytes: 10)])
        #expect(!batch.isEmpty && batch.timeLeft != nil)
        #expect(batch.start == .start && batch.end.position == LogPosition(2) && batch.end.hash == "hash 2")
        let taken = batch.take()
        #expect(taken.checkpoint == batch.end && taken.facts.map(\.position.ordinal) == [1, 2])
        #expect(batch.isEmpty && batch.timeLeft == nil && batch.start == taken.checkpoint)
    }

    @Test func isDueOnceItIsLarge() throws {
        var batch = PendingBatch(after: .start)
        try batch.fold([block(1, noteBytes: 5 << 20)])
        let wasDue = batch.isDue
        _ = batch.take()
        let isDue = batch.isDue
        #expect(wasDue && !isDue)
    }

    @Test func passesOverWhatIsInTheViewsAlready() throws {
        let checkpoint = ViewsCheckpoint(position: LogPosition(1), time: time, hash: "hash 1", version: 1)
        var batch = PendingBatch(after: checkpoint)
        try batch.fold([block(1, noteBytes: 1), block(2, noteBytes: 1)])
        #expect(batch.take().facts.map(\.position.ordinal) == [2])
    }

    private let time = Timestamp("2026-11-21T10:00:00.000Z")!

    private func block(_ position: Int64, noteBytes: Int) -> CommittedBlock {
        let note = String(repeating: "x", count: noteBytes)
        let line =
            #"{"position":\#(position),"time":"\#(time)","type":"noted","org":"acme","data":{"note":"\#(note)"}}"#
        let block = Block(
            first: LogPosition(position),
            count: 1,
            timeFirst: time,
            timeLast: time,
            lines: Array((line + "\n").utf8)
        )
        return CommittedBlock(block: block, hash: "hash \(position)")
    }
}
