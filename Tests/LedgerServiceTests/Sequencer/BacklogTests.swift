import EventSourcing
import Foundation
import QuotaDomain
import TestSupport
import Testing

@testable import LedgerService

/// How much the sequencer takes in, and what it says to the rest.
@Suite struct BacklogTests {
    private let noon = Timestamp("2026-11-21T12:00:00.000Z")!

    private func limits(requests: Int = .max, bytes: Int = .max) -> BacklogLimits {
        var limits = BacklogLimits()
        (limits.requestsMax, limits.bytesMax) = (requests, bytes)
        return limits
    }

    @Test func requestsAndBytesAreBoundedAndRoomComesBack() {
        var backlog = Backlog(limits(requests: 10, bytes: 100))
        backlog.add(6, bytes: 10, isTaken: true)
        backlog.add(5, bytes: 10, isTaken: false)
        backlog.add(1, bytes: 91, isTaken: false)
        backlog.add(4, bytes: 90, isTaken: true)
        backlog.add(1, isTaken: false)
        #expect(backlog.shed == 7)
        backlog.remove(.init(requests: 4, bytes: 90), at: noon)
        backlog.add(4, bytes: 90, isTaken: true)
        #expect(backlog.load == .init(requests: 10, bytes: 100))
    }

    /// Otherwise it would be refused for ever.
    @Test func oneBurstAloneIsTakenHoweverLarge() {
        var backlog = Backlog(limits(requests: 10))
        backlog.add(11, isTaken: true)
        backlog.add(1, isTaken: false)
    }

    @Test func theHintFollowsThePaceAndStaysWithinItsBounds() {
        var backlog = Backlog(limits())
        backlog.add(2_000, isTaken: true)
        #expect(backlog.retryAfter == TimeSpan(milliseconds: 1_000))
        // 500 in 100 ms, after a first block that says nothing of the pace: 1,000 are left.
        backlog.remove(.init(requests: 500, bytes: 0), at: noon)
        backlog.remove(.init(requests: 250, bytes: 0), at: noon + TimeSpan(milliseconds: 50))
        backlog.remove(.init(requests: 250, bytes: 0), at: noon + TimeSpan(milliseconds: 100))
        #expect(backlog.retryAfter == TimeSpan(milliseconds: 200))
        backlog.add(1_000_000, isTaken: true)
        #expect(backlog.retryAfter == TimeSpan(milliseconds: 10_000))
        backlog.remove(.init(requests: 1_000_999, bytes: 0), at: noon + TimeSpan(milliseconds: 150))
        #expect(backlog.retryAfter == TimeSpan(milliseconds: 20))
    }

    @Test func aPauseSaysNothingOfThePace() {
        var backlog = Backlog(limits())
        for second in 0..<10 {
            backlog.add(1, isTaken: true)
            backlog.remove(.init(requests: 1, bytes: 0), at: noon + .seconds(Int64(second)))
        }
        backlog.add(1, isTaken: true)
        #expect(backlog.retryAfter == TimeSpan(milliseconds: 1_000))
    }

    @Test func whatFindsNoRoomIsRefusedLeavesNoTraceAndMayComeAgain() throws {
        let rig = try SequencerRig(limits: limits(requests: 5))
        rig.gate.hold()
        let first = try rig.submit { try $0.record([SaidCall()]) }
        rig.gate.awaitArrivals(1)
        let second = try rig.submit { requests in for _ in 0..<4 { try requests.record([SaidCall()]) } }
        let shed = try rig.submit { requests in for _ in 0..<2 { try requests.record([SaidCall()]) } }
        #expect(try shed.get().map(\.isOverloaded) == [true, true])
        #expect(first.count == 0 && second.count == 0)
        #expect(rig.sequencer.backlogReport.requests == 5 && rig.sequencer.backlogReport.shed == 2)

        rig.gate.release()
        #expect(try second.get().allSatisfy { $0.receipt != nil })
        let again = try rig.submit { try $0.record([SaidCall()]) }
        #expect(try again.get()[0].receipt?.first == LogPosition(6))
        try rig.stop()
    }

    @Test func bytesCountWhatWaitsInMemory() throws {
        let rig = try SequencerRig(limits: limits(bytes: 3_000))
        rig.gate.hold()
        let first = try rig.submit { try $0.record([SaidCall()]) }
        rig.gate.awaitArrivals(1)
        var large = SaidCall()
        large.resource = String(repeating: "x", count: 3_000)
        let shed = try rig.submit { try $0.record([large]) }
        #expect(try shed.get()[0].isOverloaded)
        let small = try rig.submit { try $0.record([SaidCall()]) }
        rig.gate.release()
        #expect(try first.get()[0].receipt != nil && small.get()[0].receipt != nil)
        try rig.stop()
    }

    /// While a block waits for the disk, the answers that leave with it are held.
    @Test func answersToQuestionsAreBoundedTooAndCommandsAreNot() throws {
        let rig = try SequencerRig()
        let answer = [UInt8](repeating: 0, count: OpenBlock.answerBytesMax / 4)
        let outcomes = Expected<[Burst.Outcome]>()
        var items = (0..<6).map { _ in Burst.Item(.query { _, _ throws(Rejection) in answer }) }
        let command = Command(org: "acme", workspace: nil, action: .configureOrg(allowance: 5, idempotencyDays: nil))
        items.append(Burst.Item(.command(command) { _, _, _ throws(Rejection) in [] }))
        rig.sequencer.submit(Burst(items: items) { outcomes.give($0) })
        let isOverloaded = try outcomes.get().map(\.isOverloaded)
        #expect(isOverloaded == [false, false, false, false, true, true, false])
        let later = Expected<[Burst.Outcome]>()
        rig.sequencer.submit(Burst(items: [items[0]]) { later.give($0) })
        #expect(try !later.get()[0].isOverloaded)
        try rig.stop()
    }

    /// Each call alone would have room.
    @Test func aBatchDoesNotPassTheNumberOfWorkspacesByItsLength() throws {
        let rig = try SequencerRig()
        let size = 10_000
        for first in stride(from: 2, through: Policy.workspacesPerOrgMax, by: size) {
            let last = min(first + size - 1, Policy.workspacesPerOrgMax)
            let filled = try rig.submit { try $0.record((first...last).map { SaidCall("acme", "w\($0)") }) }
            #expect(try filled.get()[0].receipt?.recorded == last - first + 1)
        }
        let head = rig.feed.head
        let refused = try rig.submit { requests in
            try requests.record([SaidCall("acme", "w2"), SaidCall("acme", "new"), SaidCall("acme", "newer")])
        }
        let refusal = try refused.get()[0].refusal
        #expect(refusal?.rejection == .full(what: "workspaces", max: Policy.workspacesPerOrgMax))
        #expect(refusal?.index == 2)
        #expect(rig.feed.head == head)
        let taken = try rig.submit {
            try $0.record([SaidCall("acme", "new"), SaidCall("acme", "new"), SaidCall("other")])
        }
        #expect(try taken.get()[0].receipt?.recorded == 3)
        try rig.stop()
    }
}

extension Backlog {
    /// It changes, so it cannot stand inside `#expect`.
    fileprivate mutating func add(
        _ requests: Int,
        bytes: Int = 0,
        isTaken expected: Bool,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let isTaken = add(Load(requests: requests, bytes: bytes))
        #expect(isTaken == expected, sourceLocation: location)
    }
}

extension Burst.Outcome {
    fileprivate var isOverloaded: Bool {
        if case .overloaded = self { true } else { false }
    }
}
