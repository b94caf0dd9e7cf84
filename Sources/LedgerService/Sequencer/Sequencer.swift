package import EventSourcing
import Foundation
import LineJSON
package import QuotaDomain

/// The one writer of a ledger: takes requests in, decides, writes events into the open block, evolves its state, and
/// closes the block as soon as the one before is durable. While a block is being made durable the next one fills, so
/// the number of requests per commit follows the load by itself.
///
/// Two rules:
/// 1. Only this object's thread touches `state` and `open`. Otherwise two requests could be decided on the same past.
/// 2. An outcome is delivered after the commit of its block, by the thread that committed it. Otherwise an answer could
///    overtake its events.
package final class Sequencer: @unchecked Sendable {
    private let committer: BlockCommitter
    private let snapshotter: Snapshotter
    private let clock: ServiceClock

    /// Guards what follows, and wakes the thread.
    private let condition = NSCondition()
    private var inbox: [Intake] = []
    private var phase = Phase.running
    private var isCommitting = false

    // Owned by the sequencer's thread.
    private var state: QuotaState
    private var open: OpenBlock
    private var lastTime: Timestamp
    /// The clock as of this turn. Behind `lastTime` when it was set back: the log's time never is.
    private var clockTime: Timestamp
    private var timeText: [UInt8] = []

    private enum Phase {
        case running
        /// Carries out what was accepted, then ends.
        case draining
        case ended
    }

    private enum Intake {
        case burst(Burst)
        case capture(@Sendable (CapturedState) -> Void)
    }

    package init(
        state: QuotaState,
        head: LogHead,
        committer: BlockCommitter,
        snapshotter: Snapshotter,
        clock: ServiceClock
    ) {
        self.state = state
        self.committer = committer
        self.snapshotter = snapshotter
        self.clock = clock
        open = OpenBlock(first: head.position.next)
        lastTime = state.time
        clockTime = state.time
    }

    package func start() {
        let thread = Thread { [self] in run() }
        thread.name = "ledgerline.sequencer"
        thread.stackSize = ServiceThreads.stackBytes
        thread.start()
    }

    /// Takes a burst in. Never blocks for longer than another thread holds the inbox.
    package func submit(_ burst: Burst) {
        condition.lock()
        let isAccepted = phase == .running
        if isAccepted { inbox.append(.burst(burst)) }
        condition.signal()
        condition.unlock()
        if !isAccepted { burst.deliver(burst.items.map { _ in .unavailable }) }
    }

    /// Hands out a copy of the state together with the durable head it belongs to. Once the sequencer ends, `body` is
    /// let go without being called.
    package func capture(_ body: @escaping @Sendable (CapturedState) -> Void) {
        condition.lock()
        if phase == .running { inbox.append(.capture(body)) }
        condition.signal()
        condition.unlock()
    }

    /// Looks at the clock again: what changes by time alone may be due.
    package func wake() {
        condition.lock()
        condition.signal()
        condition.unlock()
    }

    /// Ends at once, whatever was accepted: the log refused, so nothing can be answered any more.
    package func abandon() {
        var unanswered: [Intake] = []
        condition.lock()
        phase = .ended
        swap(&unanswered, &inbox)
        condition.broadcast()
        condition.unlock()
        // Only now, with the lock given back, is what the bursts hold let go: that is code of others.
    }

    /// Carries out and makes durable what was accepted, answers it, and returns when the thread has ended.
    package func drain() {
        condition.lock()
        if phase == .running { phase = .draining }
        condition.broadcast()
        while phase != .ended { condition.wait() }
        condition.unlock()
    }
}

// MARK: - The thread

extension Sequencer {
    private func run() {
        while let intake = awaitWork() {
            clockTime = clock.now()
            let now = max(clockTime, lastTime)
            beginTurn(at: now)
            appendDueTransitions(until: now)
            for entry in intake {
                if open.isFull { closeBlock(waitingForCommit: true) }
                take(entry, at: now)
            }
            closeBlock(waitingForCommit: false)
        }
        // After a failure it holds answers that must not leave any more.
        open = OpenBlock(first: open.first)
        condition.lock()
        phase = .ended
        condition.broadcast()
        condition.unlock()
    }

    /// Blocks until there is something to do; nil when everything accepted is done and the sequencer is to end.
    private func awaitWork() -> [Intake]? {
        let timer = state.nextTransition
        condition.lock()
        defer { condition.unlock() }
        while true {
            if phase == .ended { return nil }
            if !inbox.isEmpty {
                var taken: [Intake] = []
                swap(&taken, &inbox)
                return taken
            }
            if !isCommitting && open.isAwaited { return [] }
            if phase == .draining && !isCommitting { return nil }
            if let timer, timer <= clock.now(), phase == .running { return [] }
            _ = condition.wait(until: clock.wakeUpDate(for: timer))
        }
    }

    private func beginTurn(at now: Timestamp) {
        guard now != lastTime || timeText.isEmpty else { return }
        lastTime = now
        timeText.removeAll(keepingCapacity: true)
        now.appendText(to: &timeText)
    }

    private func take(_ entry: Intake, at now: Timestamp) {
        switch entry {
        case .burst(let burst):
            let outcomes = burst.items.map { outcome(of: $0, in: burst, at: now) }
            open.answers.append((burst.deliver, outcomes))
        case .capture(let body):
            open.captures.append(body)
        }
    }

    /// Hands the open block over when there is something in it and the one before is durable.
    private func closeBlock(waitingForCommit: Bool) {
        guard open.isAwaited else { return }
        condition.lock()
        while waitingForCommit && isCommitting && phase != .ended { condition.wait() }
        let isFree = !isCommitting && phase != .ended
        if isFree { isCommitting = true }
        condition.unlock()
        guard isFree else { return }

        let next = open.next
        if snapshotter.claimIfDue(head: LogPosition(next.ordinal - 1), time: lastTime) {
            open.captures.append { [snapshotter] in snapshotter.saveLater($0) }
        }
        var closed = open
        open = OpenBlock(first: next)
        let captured = closed.captures.isEmpty ? nil : state
        committer.commit(&closed, state: captured) { [self] in
            condition.lock()
            isCommitting = false
            // Not only the thread may be waiting: `drain` may be too, and a signal to it alone would be lost.
            condition.broadcast()
            condition.unlock()
        }
    }
}

// MARK: - Deciding

extension Sequencer {
    private func outcome(of item: Burst.Item, in burst: Burst, at now: Timestamp) -> Burst.Outcome {
        if let deadline = item.deadline, deadline < clockTime { return .expired }
        do throws(Rejection) {
            switch item.work {
            case .record(let range):
                return try record(range, of: burst, at: now)
            case .command(let command, let answer):
                let receipt = try carryOut(command, at: now)
                return .answered(try answer(receipt, state, moment(at: now)))
            case .query(let ask):
                return .answered(try ask(state, moment(at: now)))
            }
        } catch {
            return .refused(error, index: nil)
        }
    }

    private func moment(at now: Timestamp) -> Moment {
        Moment(now: now, position: LogPosition(open.next.ordinal - 1))
    }

    private func carryOut(_ command: Command, at now: Timestamp) throws(Rejection) -> Receipt {
        if let identity = command.identity {
            switch state.recall(identity, in: command.org, at: now) {
            case .unknown: break
            case .same(let position): return Receipt(position: position, isDuplicate: true, events: [])
            case .different: throw .idReused(id: identity.id)
            }
        }
        let events = try state.decide(command, at: now)
        guard !events.isEmpty else {
            return Receipt(position: moment(at: now).position, isDuplicate: false, events: [])
        }
        let first = open.next
        for event in events { append(event, at: now) }
        appendReactions(org: command.org, workspace: command.workspace, at: now)
        return Receipt(position: first, isDuplicate: false, events: events)
    }

    private func append(_ event: QuotaEvent, at now: Timestamp) {
        let position = open.next
        EventWriter.append(event, position: position, time: now, to: &open.writer)
        state.evolve(event, at: position, time: now)
        open.countEvent(at: now)
    }

    private func appendReactions(org: String, workspace: String?, at now: Timestamp) {
        for event in state.reactions(org: org, workspace: workspace, at: now) { append(event, at: now) }
    }

    /// What changed by time alone comes first, each change with the instant at which it took effect (R23).
    private func appendDueTransitions(until now: Timestamp) {
        while let instant = state.nextTransition, instant <= now {
            for event in state.transitions(at: instant) { append(event, at: now) }
        }
    }
}

// MARK: - Recording calls

extension Sequencer {
    /// Records all calls of the range or, when one is refused, none: each is admitted before the first is appended.
    private func record(_ range: Range<Int>, of burst: Burst, at now: Timestamp) throws(Rejection) -> Burst.Outcome {
        var repeats = RepeatsWithinBatch(isNeeded: range.count > 1)
        var admissions: [Admission] = []
        if range.count > 1 {
            admissions.reserveCapacity(range.count)
            for index in range {
                do throws(Rejection) {
                    let call = burst.calls[index].call
                    let admission = try state.admit(call, at: now)
                    admissions.append(try repeats.check(call, at: index - range.lowerBound, admission))
                } catch {
                    return .refused(error, index: index - range.lowerBound)
                }
            }
        } else {
            admissions = [try state.admit(burst.calls[range.lowerBound].call, at: now)]
        }
        return .recorded(append(range, of: burst, admissions: admissions, repeats: repeats, at: now))
    }

    private func append(
        _ range: Range<Int>,
        of burst: Burst,
        admissions: [Admission],
        repeats: RepeatsWithinBatch,
        at now: Timestamp
    ) -> CallsReceipt {
        var tally = ReceiptTally()
        var positions: [Int: LogPosition] = [:]
        for (offset, admission) in admissions.enumerated() {
            let record = burst.calls[range.lowerBound + offset]
            if let original = repeats.original(of: offset) {
                tally.countDuplicate(of: positions[original] ?? .beforeFirst)
                continue
            }
            switch admission {
            case .duplicate(let position):
                tally.countDuplicate(of: position)
                if repeats.hasRepeats { positions[offset] = position }
            case .new:
                let position = open.next
                EventWriter.append(
                    record.call,
                    data: burst.callData[record.data],
                    position: position,
                    timeText: timeText,
                    to: &open.writer
                )
                state.record(record.call, at: position, time: now)
                open.countEvent(at: now)
                appendReactions(org: record.call.org, workspace: record.call.workspace, at: now)
                tally.countNew(at: position)
                if repeats.hasRepeats { positions[offset] = position }
            }
        }
        let last = burst.calls[range.upperBound - 1].call
        let tier = last.workspace.flatMap { state.tier(org: last.org, workspace: $0) }
        return tally.receipt(tier: tier)
    }
}
