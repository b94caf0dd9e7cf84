import EventSourcing
import LedgerService
import LineJSON

/// Answers `events.read`. Blocks its thread.
struct EventReading: Sendable {
    let service: any ServedLedger
    let filter: EventFilter
    /// Events in the answer at most.
    let limit: Int

    /// Bytes of lines read from the log at a time.
    private static let readBytes = 1 << 20
    /// Bytes of events after which an answer is complete, whatever the limit: it is held in memory until it is sent.
    private static let answerBytesMax = 8 << 20
    /// Events looked at, or blocks passed over, after which an answer has what it has: so one question has an end.
    private static let lookedAtMax = 200_000

    /// The result as JSON.
    func result(from origin: StreamOrigin) throws -> [UInt8] {
        var page = Page(next: try origin.firstPosition(in: service))
        let head = service.feed.head.position
        return try JSONWriter.object { result in
            try result.array("events") { events in try fill(&page, through: head, &events) }
            result.member("next", page.next)
            result.member("head", head)
        }
    }

    /// How far an answer has come.
    private struct Page: ~Copyable {
        var next: LogPosition
        var count = 0
        var bytes = 0
        var lookedAt = 0
        var reader = LogLineReader()

        init(next: LogPosition) {
            self.next = next
        }

        mutating func count(_ line: UnsafeRawBufferPointer) {
            count += 1
            bytes += line.count
        }
    }

    private func fill(_ page: inout Page, through last: LogPosition, _ events: inout JSONWriter) throws {
        while page.next <= last, !isFull(page) {
            let found = try service.readBlocks(
                from: page.next,
                matching: filter.blocks,
                byteLimit: EventReading.readBytes
            )
            guard found.through >= page.next else { return }
            page.lookedAt += found.skipped
            for block in found.blocks { try add(block.block, to: &page, through: last, &events) }
            if !isFull(page) { page.next = min(found.through, last).next }
        }
    }

    private func add(
        _ block: Block,
        to page: inout Page,
        through last: LogPosition,
        _ events: inout JSONWriter
    ) throws {
        var position = block.first
        try block.forEachLine { line in
            defer { position = position.next }
            guard position >= page.next, position <= last, !isFull(page) else { return }
            if try filter.matches(line, reader: &page.reader) {
                events.value(raw: line)
                page.count(line)
            }
            page.lookedAt += 1
            page.next = position.next
        }
    }

    private func isFull(_ page: borrowing Page) -> Bool {
        page.count >= limit || page.bytes >= EventReading.answerBytesMax
            || page.lookedAt >= EventReading.lookedAtMax
    }
}
