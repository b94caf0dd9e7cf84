import EventSourcing
import Foundation
import QuotaDomain
import SQLiteEventLog
import Synchronization
import TestSupport
import Testing

@testable import LedgerService

/// The sequencer over a log whose appends are held up: what may leave when.
@Suite struct SequencerTests {
    @Test func nothingIsAnsweredOrReadableBeforeItIsDurable() throws {
        let rig = try SequencerRig()
        rig.gate.hold()
        let recorded = try rig.submitWithMoreToDecide { try $0.record([SaidCall(id: "a")]) }
        rig.gate.awaitArrivals(1)
        // They rest on what is not durable yet, so they have to wait too.
        let duplicate = try rig.submit { try $0.record([SaidCall(id: "a")]) }
        let asked = try rig.submit { $0.ask { _, moment in #expect(moment.position == LogPosition(1)) } }
        let isDurable = Expected<Void>()
        rig.feed.whenDurable(LogPosition(1)) { isDurable.give(()) }
        try rig.awaitCarriedOut()

        #expect(recorded.count == 0 && duplicate.count == 0 && asked.count == 0 && isDurable.count == 0)
        #expect(rig.feed.head == .empty)
        #expect(try rig.log.head() == .empty)

        rig.gate.release()
        #expect(try recorded.get()[0].receipt?.first == LogPosition(1))
        #expect(try duplicate.get()[0].receipt?.duplicates == 1)
        #expect(try asked.get()[0].refusal == nil)
        #expect(rig.feed.head.position == LogPosition(1))
        try rig.stop()
    }

    /// With nothing else to decide the block is committed where it was filled; what comes meanwhile waits its turn.
    @Test func whatComesWhileTheSequencerCommitsIsCommittedTogether() throws {
        let rig = try SequencerRig()
        rig.gate.hold()
        let first = try rig.submit { try $0.record([SaidCall()]) }
        rig.gate.awaitArrivals(1)
        let others = try (0..<50).map { _ in try rig.submit { try $0.record([SaidCall()]) } }
        #expect(first.count == 0)
        rig.gate.release()
        #expect(try first.get()[0].receipt?.first == LogPosition(1))
        for (index, other) in others.enumerated() {
            #expect(try other.get()[0].receipt?.first == LogPosition(Int64(2 + index)))
        }
        #expect(try rig.log.read(from: LogPosition(1), byteLimit: .max).map(\.block.count) == [1, 50])
        try rig.stop()
    }

    @Test func whatComesDuringACommitIsCommittedTogether() throws {
        let rig = try SequencerRig()
        rig.gate.hold()
        let first = try rig.submitWithMoreToDecide { try $0.record([SaidCall()]) }
        rig.gate.awaitArrivals(1)
        var others: [Expected<[Burst.Outcome]>] = []
        for _ in 0..<50 {
            others.append(
                try rig.submit { requests in
                    try requests.record([SaidCall(calls: 2)])
                    try requests.record([SaidCall("globex"), SaidCall()])
                }
            )
        }
        try rig.awaitCarriedOut()
        rig.gate.release()

        #expect(try first.get()[0].receipt?.first == LogPosition(1))
        for (index, other) in others.enumerated() {
            let receipts = try other.get().map(\.receipt)
            let next = LogPosition(Int64(2 + 3 * index))
            #expect(receipts[0]?.first == next && receipts[1]?.first == next.next)
            #expect(receipts[1]?.last == next.advanced(by: 2) && receipts[1]?.recorded == 2)
        }
        let blocks = try rig.log.read(from: LogPosition(1), byteLimit: .max)
        #expect(blocks.map(\.block.count) == [1, 150])
        try rig.stop()
    }

    @Test func manyThreadsGetPositionsWithoutGapsEachInItsOrder() throws {
        let rig = try SequencerRig()
        let threads = 4
        let bursts = 60
        let perThread = Mutex<[[LogPosition]]>(Array(repeating: [], count: threads))
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            let answers = (0..<bursts).map { index in
                try! rig.submit { requests in
                    try requests.record([SaidCall("org-\(thread)", id: "\(index)")])
                    try requests.record([SaidCall("org-\(thread)"), SaidCall("org-\(thread)")])
                }
            }
            for answer in answers {
                let positions = try! answer.get().compactMap(\.receipt).flatMap { [$0.first, $0.last] }
                perThread.withLock { $0[thread] += positions }
            }
        }
        let positions = perThread.withLock { $0 }
        for thread in positions { #expect(thread == thread.sorted()) }
        #expect(Set(positions.joined()).count == threads * bursts * 3)
        #expect(rig.feed.head.position == LogPosition(Int64(threads * bursts * 3)))

        try rig.stop()
        let log = try Ledger(in: rig.directory)
        let ordinals = try NaiveLedger(log.lines()).calls.map(\.position)
        #expect(ordinals == Array(1...Int64(threads * bursts * 3)))
        try log.service.shutdown()
    }

    @Test func drainingAnswersAllThatWasAccepted() throws {
        let rig = try SequencerRig()
        rig.gate.hold()
        let answers = try (0..<20).map { _ in try rig.submit { try $0.record([SaidCall()]) } }
        let drained = Expected<Void>()
        Thread.detachNewThread {
            rig.sequencer.drain()
            drained.give(())
        }
        rig.gate.awaitArrivals(1)
        #expect(drained.count == 0)
        rig.gate.release()
        try drained.get()
        for answer in answers { #expect(try answer.get()[0].receipt?.recorded == 1) }
        #expect(try rig.log.head().position == LogPosition(20))

        let late = try rig.submit { requests in
            try requests.record([SaidCall()])
            requests.ask { _, _ in }
        }
        #expect(try late.get().map(\.isUnavailable) == [true, true])
        try rig.stop()
    }

    /// The sequencer waits for the commit with a full block in its hands, while somebody waits for it to end.
    @Test func drainingWithAFullBlockEnds() throws {
        let rig = try SequencerRig()
        rig.gate.hold()
        var answers = [try rig.submitWithMoreToDecide { try $0.record([SaidCall()]) }]
        rig.gate.awaitArrivals(1)
        var large = SaidCall()
        large.resource = String(repeating: "x", count: OpenBlock.bytesMax)
        let isFull = Expected<Void>()
        answers.append(
            try rig.submit { requests in
                try requests.record([large])
                requests.ask { _, _ in isFull.give(()) }
            }
        )
        try isFull.get()
        answers.append(try rig.submit { try $0.record([SaidCall()]) })
        let drained = Expected<Void>()
        Thread.detachNewThread {
            rig.sequencer.drain()
            drained.give(())
        }
        rig.gate.release()
        try drained.get()
        for answer in answers { #expect(try answer.get()[0].receipt?.recorded == 1) }
        #expect(try rig.log.read(from: LogPosition(1), byteLimit: .max).map(\.block.count) == [1, 1, 1])
        try rig.stop()
    }

    @Test func aFailedAppendEndsAllAcknowledging() throws {
        let rig = try SequencerRig()
        let before = try rig.submit { try $0.record([SaidCall()]) }
        #expect(try before.get()[0].receipt?.recorded == 1)

        rig.gate.hold()
        let failing = try rig.submitWithMoreToDecide { try $0.record([SaidCall()]) }
        rig.gate.awaitArrivals(2)
        let waiting = try rig.submit { requests in
            try requests.record([SaidCall()])
            requests.ask { _, _ in }
        }
        let captured = BlockingResult<CapturedState>()
        let promise = captured.promise()
        rig.sequencer.capture { promise.fulfil(.success($0)) }
        try rig.awaitCarriedOut()
        rig.gate.release(failingWith: EventLogError.storage("disk full"))

        #expect(try rig.failures.get() == "storage(\"disk full\")")
        let late = try rig.submit { try $0.record([SaidCall()]) }
        // What was being written may be on the disk; nothing came of what was to be written next, or came later.
        #expect(try failing.get().map(\.failure?.mayBeDone) == [true, true])
        #expect(try waiting.get().map(\.failure?.mayBeDone) == [false, false])
        #expect(try late.get().map(\.failure?.mayBeDone) == [false])
        try rig.stop()
        #expect(failing.count == 1 && waiting.count == 1 && late.count == 1 && rig.failures.count == 1)
        #expect(rig.feed.head.position == LogPosition(1))
    }

    /// Who waits inside the process for what a failed log left unanswered is told so.
    @Test func promisesThatAreLetGoFail() throws {
        let captured = BlockingResult<Int>()
        let rig = try SequencerRig()
        rig.gate.hold()
        _ = try rig.submit { try $0.record([SaidCall()]) }
        rig.gate.awaitArrivals(1)
        capture(from: rig, into: captured)
        rig.gate.release(failingWith: EventLogError.storage("disk full"))
        #expect(throws: ServiceError.stopping) { try captured.value() }

        let late = BlockingResult<Int>()
        capture(from: rig, into: late)
        #expect(throws: ServiceError.stopping) { try late.value() }
        try rig.stop()
    }

    private func capture(from rig: SequencerRig, into result: BlockingResult<Int>) {
        let promise = result.promise()
        rig.sequencer.capture { promise.fulfil(.success(Int($0.head.position.ordinal))) }
    }

    @Test func aClockThatIsSetBackDoesNotTakeTheLogBack() throws {
        let rig = try SequencerRig()
        let start = rig.clock.now
        #expect(try rig.submit { try $0.record([SaidCall()]) }.get()[0].receipt != nil)
        rig.clock.set(start - .hours(1))
        // The deadline is by the same clock, an hour before the log's time.
        let answer = try rig.submit { try $0.record([SaidCall()], deadline: start - .minutes(59)) }
        #expect(try answer.get()[0].receipt?.first == LogPosition(2))
        let blocks = try rig.log.read(from: LogPosition(1), byteLimit: .max)
        #expect(blocks.map(\.block.timeLast) == [start, start])
        try rig.stop()
    }

    /// Once when it is too far, and once when it is over, however often the clock is looked at; by less, not at all.
    @Test func aClockThatIsFarBehindIsToldOfOnce() throws {
        let messages = KeptMessages()
        let rig = try SequencerRig(messages: messages)
        let start = rig.clock.now
        for span in [TimeSpan.seconds(0), .seconds(5), .hours(1), .minutes(59), .seconds(4), .seconds(0), .seconds(6)] {
            rig.clock.set(start - span)
            #expect(try rig.submit { try $0.record([SaidCall()]) }.get()[0].receipt != nil)
        }
        #expect(messages.warnings.count == 2)
        #expect(messages.warnings.first?.contains("3600000 ms behind the ledger's time, \(start)") == true)
        #expect(messages.warnings.last?.contains("6000 ms behind") == true)
        #expect(messages.notices == ["the clock has caught up with the ledger's time"])
        try rig.stop()
    }

    @Test func aClockThatIsFarBehindAtTheStartIsToldOf() throws {
        let ledger = try Ledger()
        try ledger.record(SaidCall())
        let last = ledger.clock.now
        try ledger.service.shutdown()
        ledger.clock.set(last - .minutes(2))
        let messages = KeptMessages()
        let again = try Ledger(in: ledger.directory, clock: ledger.clock) { $0.logger = messages.logger }
        #expect(messages.warnings.contains { $0.contains("120000 ms behind") })
        #expect(again.service.clockBehind == .minutes(2))
        ledger.clock.set(last)
        #expect(again.service.clockBehind == .seconds(0))
        try again.service.shutdown()
    }
}
