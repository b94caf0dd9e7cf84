import EventSourcing
import Testing

@Suite struct LogPositionTests {
    @Test func positionsFollowEachOther() {
        #expect(LogPosition.beforeFirst.next == LogPosition(1))
        #expect(LogPosition(7).advanced(by: 3) == LogPosition(10))
        #expect(LogPosition(9) < LogPosition(10))
        #expect("\(LogPosition(42))" == "42")
    }

    @Test func aBlockEndsAtItsLastEvent() {
        let instant = Timestamp(milliseconds: 0)
        let block = Block(first: LogPosition(5), count: 3, timeFirst: instant, timeLast: instant, lines: [])
        #expect(block.last == LogPosition(7))
    }
}
