import EventSourcing
import LineProtocol
import NIOCore
import Testing

@testable import LedgerServer

@Suite struct EventPageWriterTests {
    @Test func rawLinesGoOutAsTheyStand() throws {
        let page = page([3, 2])
        let written = try writer(.rawLines).written(page, from: LogPosition(1))
        #expect(String(buffer: written.bytes) == text(1...5))
        #expect(written.through == LogPosition(5))
    }

    @Test func whatWasSentBeforeIsLeftOut() throws {
        for next in 1...6 as ClosedRange<Int64> {
            let left = (1...5).filter { $0 >= next }
            let written = try writer(.rawLines).written(page([3, 2]), from: LogPosition(next))
            #expect(String(buffer: written.bytes) == left.map(line).joined())
            let filtered = try writer(.rawLines, org: "odd").written(page([3, 2]), from: LogPosition(next))
            #expect(String(buffer: filtered.bytes) == left.filter { $0 % 2 == 1 }.map(line).joined())
        }
    }

    @Test func aPageOfOthersCoversItsPositionsAllTheSame() throws {
        let empty = BlockPage(blocks: [], through: LogPosition(9), skipped: 4)
        let written = try writer(.rawLines, org: "odd").written(empty, from: LogPosition(2))
        #expect((written.bytes.readableBytes, written.through) == (0, LogPosition(9)))
    }

    @Test func blocksEndInTheirHash() throws {
        let written = try writer(.rawLines, wantsBlocks: true).written(page([2, 1]), from: LogPosition(2))
        let end = { (first: Int, last: Int) in
            #"{"control":"block","first":\#(first),"last":\#(last),"hash":"hash-\#(last)"}"# + "\n"
        }
        #expect(String(buffer: written.bytes) == text(2...2) + end(1, 2) + text(3...3) + end(3, 3))
    }

    @Test(arguments: [nil, "odd"]) func notificationsHoldAThousandEvents(_ org: String?) throws {
        let output = EventOutput.notifications(subscription: 7, .jsonRPC)
        let written = try writer(output, org: org).written(page([4_100]), from: LogPosition(51))
        let positions =
            org == nil ? Array(51...4_100 as ClosedRange<Int64>) : stride(from: 51, to: 4_100, by: 2).map { $0 }
        var expected = ""
        for start in stride(from: 0, to: positions.count, by: 1_000) {
            let batch = positions[start..<min(start + 1_000, positions.count)]
            expected +=
                #"{"jsonrpc":"2.0","method":"events.batch","params":{"subscription":7,"events":["#
                + batch.map { String(line($0).dropLast()) }.joined(separator: ",")
                + #"],"position":\#(batch.last!)}}"# + "\n"
        }
        #expect(String(buffer: written.bytes) == expected)
    }

    // MARK: Parts

    private func writer(_ output: EventOutput, org: String? = nil, wantsBlocks: Bool = false) -> EventPageWriter {
        EventPageWriter(filter: EventFilter(org: org), output: output, wantsBlocks: wantsBlocks)
    }

    private func line(_ position: Int64) -> String {
        let org = position % 2 == 0 ? "even" : "odd"
        return
            #"{"position":\#(position),"time":"2026-11-21T17:54:01.123Z","type":"api.called","org":"\#(org)","data":{}}"#
            + "\n"
    }

    private func text(_ positions: ClosedRange<Int64>) -> String { positions.map(line).joined() }

    /// Blocks of so many events, from position 1 on.
    private func page(_ counts: [Int]) -> BlockPage {
        var blocks: [CommittedBlock] = []
        var first = LogPosition(1)
        for count in counts {
            let last = first.advanced(by: count - 1)
            let time = Timestamp("2026-11-21T17:54:01.123Z")!
            let lines = Array(text(first.ordinal...last.ordinal).utf8)
            let block = Block(first: first, count: count, timeFirst: time, timeLast: time, lines: lines)
            blocks.append(CommittedBlock(block: block, hash: "hash-\(last)"))
            first = last.next
        }
        return BlockPage(blocks: blocks, through: LogPosition(first.ordinal - 1), skipped: 0)
    }
}
