import EventSourcing
import Foundation
import LedgerService
import SQLiteEventLog
import TestSupport
import Testing

@Suite struct UsageHistoryTests {
    @Test func rowsEqualANaiveCount() throws {
        var client = RandomClient(random: SeededRandom())
        let ledger = try Ledger()
        let start = ledger.clock.now
        try client.play(150, on: ledger)
        let naive = try NaiveLedger(ledger.lines())
        for _ in 0..<60 {
            let from = start + TimeSpan(milliseconds: .random(in: -1_900_000_000...200_000_000, using: &client.random))
            let question = HistoryQuestion(
                org: RandomClient.orgs.randomElement(using: &client.random)!,
                workspace: Bool.random(using: &client.random)
                    ? RandomClient.workspaces.randomElement(using: &client.random)! : nil,
                from: from,
                to: from + .hours(.random(in: 1...500, using: &client.random)),
                bucket: HistoryBucket.allCases.randomElement(using: &client.random)!,
                groupBy: UsageDimension.allCases.shuffled(using: &client.random)
                    .dropLast(.random(in: 0...6, using: &client.random)),
                rowsMax: 10_000
            )
            let answer = try ledger.service.history(question)
            #expect(answer.rows == naive.history(question))
            #expect(!answer.isTruncated && answer.position == ledger.head)
        }
        try ledger.service.shutdown()
    }

    @Test func rangesAreWidenedToWholeBuckets() throws {
        let ledger = try Ledger(clock: ManualClock(Timestamp("2026-11-21T12:36:00.000Z")!))
        try ledger.record(SaidCall())
        let cases = [
            (
                "2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z", HistoryBucket.hour, "2026-11-21T12:00:00.000Z",
                "2026-11-21T13:00:00.000Z"
            ),
            (
                "2026-11-21T12:59:59Z", "2026-11-21T13:00:00.001Z", .hour, "2026-11-21T12:00:00.000Z",
                "2026-11-21T14:00:00.000Z"
            ),
            (
                "2026-11-21T12:59:59Z", "2026-11-21T13:00:00Z", .day, "2026-11-21T00:00:00.000Z",
                "2026-11-22T00:00:00.000Z"
            ),
            (
                "1969-12-31T23:00:01Z", "1969-12-31T23:00:02Z", .day, "1969-12-31T00:00:00.000Z",
                "1970-01-01T00:00:00.000Z"
            ),
        ]
        for (from, to, bucket, first, end) in cases {
            let answer = try ledger.service.history(
                HistoryQuestion(
                    org: "acme",
                    workspace: nil,
                    from: Timestamp(from)!,
                    to: Timestamp(to)!,
                    bucket: bucket,
                    groupBy: [],
                    rowsMax: 10
                )
            )
            #expect("\(answer.from)" == first && "\(answer.to)" == end)
        }
        try ledger.service.shutdown()
    }

    @Test func bucketsEndWithinTheYears() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        func end(_ bucket: HistoryBucket, _ to: String) throws -> String {
            let question = HistoryQuestion(
                org: "acme",
                workspace: nil,
                from: Timestamp.representable.lowerBound,
                to: Timestamp(to)!,
                bucket: bucket,
                groupBy: [],
                rowsMax: 10
            )
            return try "\(ledger.service.history(question).to)"
        }
        #expect(try end(.day, "9999-12-31T00:00:00Z") == "9999-12-31T00:00:00.000Z")
        #expect(try end(.hour, "9999-12-31T23:00:00Z") == "9999-12-31T23:00:00.000Z")
        for (bucket, to) in [(HistoryBucket.day, "9999-12-31T00:00:00.001Z"), (.hour, "9999-12-31T23:00:00.001Z")] {
            let message = "must not be in the last \(bucket.rawValue) of the year 9999"
            #expect(throws: ServiceError.invalid(field: "to", message: message)) { try end(bucket, to) }
        }
        try ledger.service.shutdown()
    }

    /// Every event is a call here, so the rows add up to the position that they are said to be as of.
    @Test func rowsAndPositionBelongTogetherWhileCallsComeIn() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        let (isAsked, isRecorded) = (Expected<Void>(), Expected<Void>())
        Thread.detachNewThread {
            do {
                while isAsked.count == 0 { try ledger.record(SaidCall()) }
            } catch {
                Issue.record(error)
            }
            isRecorded.give(())
        }
        for _ in 0..<100 {
            let answer = try ledger.service.history(
                HistoryQuestion(
                    org: "acme",
                    workspace: nil,
                    from: ledger.clock.now,
                    to: ledger.clock.now,
                    bucket: .day,
                    groupBy: [],
                    rowsMax: 10
                )
            )
            #expect(answer.rows.map(\.calls) == [Int(answer.position.ordinal)])
        }
        isAsked.give(())
        try isRecorded.get()
        try ledger.service.shutdown()
    }

    @Test func moreRowsThanAskedForAreCut() throws {
        let ledger = try Ledger()
        for integration in ["a", "b", "c"] { try ledger.record(SaidCall("acme", nil, integration: integration)) }
        for (rowsMax, isTruncated) in [(2, true), (3, false)] {
            let answer = try ledger.service.history(
                HistoryQuestion(
                    org: "acme",
                    workspace: nil,
                    from: ledger.clock.now,
                    to: ledger.clock.now + .hours(1),
                    bucket: .hour,
                    groupBy: [.integration],
                    rowsMax: rowsMax
                )
            )
            #expect(answer.rows.map(\.dimensions) == [["a"], ["b"], ["c"]].prefix(rowsMax).map { $0 })
            #expect(answer.isTruncated == isTruncated)
        }
        try ledger.service.shutdown()
    }

    @Test func blocksAreReadFromMemoryOrDiskAlike() throws {
        var client = RandomClient(random: SeededRandom())
        let ledger = try Ledger()
        try client.play(30, on: ledger)
        let lines = try ledger.lines()
        let memory = try ledger.service.readBlocks(from: LogPosition(1), byteLimit: .max).blocks.flatMap(\.lines)
        #expect(memory == lines)
        let again = try ledger.reopened()
        try client.play(5, on: again)
        let mixed = try again.service.readBlocks(from: LogPosition(3), byteLimit: .max).blocks
        #expect(mixed.last?.block.last == again.head)
        #expect(try again.service.readBlocks(from: again.head.next, byteLimit: 1).blocks.isEmpty)
        try again.service.shutdown()
    }
}
