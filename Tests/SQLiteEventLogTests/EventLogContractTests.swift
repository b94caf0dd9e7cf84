import EventSourcing
import SQLiteEventLog
import TestSupport
import Testing

/// What every event log must do, run against each of them.
@Suite struct EventLogContractTests {
    enum Implementation: CaseIterable {
        case sqlite, inMemory
    }

    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func makeLog(_ implementation: Implementation) throws -> AnyEventLog {
        switch implementation {
        case .sqlite: AnyEventLog(try SQLiteEventLog.open(directory: directory.path))
        case .inMemory: AnyEventLog(InMemoryEventLog(hexadecimalSHA256: ChainHash.digest(of:)))
        }
    }

    @Test(arguments: Implementation.allCases)
    func anEmptyLogHasTheEmptyHead(_ implementation: Implementation) throws {
        let log = try makeLog(implementation)
        #expect(try log.head() == .empty)
        #expect(try log.read(from: LogPosition(1), byteLimit: .max).isEmpty)
        #expect(try log.read(from: .beforeFirst, byteLimit: .max).isEmpty)
    }

    @Test(arguments: Implementation.allCases)
    func whatIsAppendedIsRead(_ implementation: Implementation) throws {
        var sample = try SampleLog(makeLog(implementation))
        try sample.append(blocks: [1, 3, 200, 1])
        #expect(try sample.log.head() == sample.head)
        #expect(try sample.log.everything() == sample.committed.map(Seen.init))
    }

    @Test(arguments: Implementation.allCases)
    func theChainIsTheHashOfThePreviousHashAndTheLines(_ implementation: Implementation) throws {
        var sample = try SampleLog(makeLog(implementation))
        try sample.append(blocks: [2, 5])
        var hash = String(repeating: "0", count: 64)
        for block in sample.committed {
            hash = ChainHash.digest(of: Array(hash.utf8) + block.block.lines)
            #expect(block.hash == hash)
        }
        #expect(try sample.log.head().hash == hash)
    }

    @Test(arguments: Implementation.allCases)
    func anUnexpectedHeadIsRefusedAndLeavesNoTrace(_ implementation: Implementation) throws {
        var sample = try SampleLog(makeLog(implementation))
        try sample.append(2)
        let forged = LogHead(position: sample.head.position, hash: LogHead.empty.hash)
        let next = Block(first: sample.head.position.next, startingAt: sample.clock, count: 1)
        for expected in [LogHead.empty, forged] {
            #expect(throws: EventLogError.unexpectedHead(expected: expected, actual: sample.head)) {
                try sample.log.append(next, expecting: expected)
            }
        }
        #expect(try sample.log.head() == sample.head)
        try sample.append(1)
        #expect(try sample.log.everything() == sample.committed.map(Seen.init))
    }

    @Test(arguments: Implementation.allCases)
    func readingBeginsWithTheBlockThatHoldsThePosition(_ implementation: Implementation) throws {
        var sample = try SampleLog(makeLog(implementation))
        try sample.append(blocks: [4, 4, 4])
        #expect(try sample.log.read(from: LogPosition(6), byteLimit: .max).map(\.block.first.ordinal) == [5, 9])
        #expect(try sample.log.read(from: LogPosition(12), byteLimit: .max).map(\.block.first.ordinal) == [9])
        #expect(try sample.log.read(from: LogPosition(13), byteLimit: .max).isEmpty)
        #expect(try sample.log.read(from: LogPosition(1_000), byteLimit: .max).isEmpty)
    }

    @Test(arguments: Implementation.allCases)
    func readingStopsBehindTheByteLimitButReturnsABlock(_ implementation: Implementation) throws {
        var sample = try SampleLog(makeLog(implementation))
        try sample.append(blocks: [4, 4, 4])
        let bytes = sample.committed[0].block.lines.count
        #expect(try sample.log.read(from: LogPosition(1), byteLimit: 0).count == 1)
        #expect(try sample.log.read(from: LogPosition(1), byteLimit: bytes).count == 1)
        #expect(try sample.log.read(from: LogPosition(1), byteLimit: bytes + 1).count == 2)
    }
}

/// One type for the parameterised tests.
struct AnyEventLog: EventLog {
    private let log: any EventLog

    init(_ log: some EventLog) { self.log = log }

    func append(_ block: Block, expecting head: LogHead) throws -> CommittedBlock {
        try log.append(block, expecting: head)
    }

    func head() throws -> LogHead { try log.head() }

    func read(from position: LogPosition, byteLimit: Int) throws -> [CommittedBlock] {
        try log.read(from: position, byteLimit: byteLimit)
    }
}
