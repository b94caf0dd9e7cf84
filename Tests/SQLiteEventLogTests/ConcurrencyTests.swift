import EventSourcing
import SQLiteEventLog
import Synchronization
import TestSupport
import Testing

/// Readers on other threads see a growing log that never contradicts itself, while blocks are appended and packed.
@Suite struct ConcurrencyTests {
    @Test func readersFollowAppendsAndCompaction() async throws {
        let directory = try TemporaryDirectory()
        let log = try SQLiteEventLog.open(directory: directory.path)
        let isDone = Flag()
        async let followed = onThread { try follow(log, until: isDone) }
        async let followedToo = onThread { try follow(log, until: isDone) }
        async let compacted = onThread {
            var packed = 0
            var isLastRound = false
            while !isLastRound {
                isLastRound = isDone.isRaised
                let report = try log.compact { ($0.keepEvents, $0.packedBytes) = (50, 5_000) }
                packed += report.blocksBefore - report.blocksAfter
            }
            return packed
        }
        let appended = try await onThread {
            defer { isDone.raise() }
            var sample = try SampleLog(log)
            for index in 0..<400 {
                try sample.append(index % 4 + 1)
                try log.checkpointIfDue()
            }
            return sample.committed.map(Seen.init)
        }
        #expect(try await followed == appended)
        #expect(try await followedToo == appended)
        #expect(try await compacted > 0)
        #expect(try log.verify().head.hash == appended.last?.hash)
    }
}

/// Reads on and on until the end, and after that once more.
private func follow(_ log: SQLiteEventLog, until isDone: Flag) throws -> [Seen] {
    var seen: [Seen] = []
    var next = LogPosition(1)
    var isLastRound = false
    while true {
        let blocks = try log.read(from: next, byteLimit: 20_000)
        seen += blocks.map(Seen.init)
        next = blocks.last?.block.last.next ?? next
        if blocks.isEmpty, isLastRound { return seen }
        isLastRound = blocks.isEmpty && isDone.isRaised
    }
}

private final class Flag: Sendable {
    private let raised = Mutex(false)

    var isRaised: Bool { raised.withLock { $0 } }

    func raise() { raised.withLock { $0 = true } }
}
