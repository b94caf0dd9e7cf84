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
    private let clockWatch: ClockWatch

    /// A block of so few events is committed on the sequencer's thread when nothing else waits to be decided. While larger
    /// ones are written, there is enough time to decide what comes meanwhile.
    private static let eventsCommittedHereMax = 32

    /// Guards what follows, and wakes the thread.
    private let condition = NSCondition()
    private var inbox: [Intake] = []
    private var backlog: Backlog
    private var phase = Phase.running
    /// What the log failed with.
    private var failure: (any Error)?
    private var isCommitting = false
    /// The thread has ended: later than `phase` says when the log refused in the middle of a commit.
    private var hasEnded = false

    /// Taken over by the thread when it starts.
    private var builder: BlockBuilder?

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
        clock: ServiceClock,
        clockWatch: ClockWatch,
        limits: BacklogLimits = BacklogLimits()
    ) {
        backlog = Backlog(limits)
        self.committer = committer
        self.snapshotter = snapshotter
        (self.clock, self.clockWatch) = (clock, clockWatch)
        builder = BlockBuilder(state: state, head: head)
    }

    package func start() {
        let thread = Thread { [self] in run() }
        thread.name = "ledgerline.sequencer"
        thread.stackSize = ServiceThreads.stackBytes
        thread.start()
    }

    /// Takes a burst in, or refuses it as a whole. Never blocks for longer than another thread holds the inbox.
    package func submit(_ burst: Burst) {
        condition.lock()
        let refusal = accept(burst.load)
        if refusal == nil { inbox.append(.burst(burst)) }
        condition.signal()
        condition.unlock()
        if let refusal { burst.refuse(with: refusal) }
    }

    /// Makes room for a burst; what its requests are refused with where there is none. With the lock held.
    private func accept(_ load: Backlog.Load) -> Burst.Outcome? {
        guard phase == .running else { return endOutcome }
        return backlog.add(load) ? nil : .overloaded(retryAfter: backlog.retryAfter)
    }

    /// What is answered to who comes too late, with the lock held: nothing of it was done.
    private var endOutcome: Burst.Outcome {
        failure.map { .failed(LogFailure($0, mayBeDone: false)) } ?? .unavailable
    }

    /// How much waits.
    package var backlogReport: BacklogReport {
        condition.lock()
        defer { condition.unlock() }
        return BacklogReport(requests: backlog.load.requests, bytes: backlog.load.bytes, shed: backlog.shed)
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

    /// Ends at once, whatever was accepted: the log failed, so nothing can be carried out any more. Who waits is told so.
    package func abandon(because error: any Error) {
        var unanswered: [Intake] = []
        condition.lock()
        (phase, failure) = (.ended, error)
        swap(&unanswered, &inbox)
        let outcome = endOutcome
        condition.broadcast()
        condition.unlock()
        // Only now, with the lock given back: what the bursts hold is code of others.
        for case .burst(let burst) in unanswered { burst.refuse(with: outcome) }
    }

    /// Carries out and makes durable what was accepted, answers it, and returns when the thread has ended.
    package func drain() {
        condition.lock()
        if phase == .running { phase = .draining }
        condition.broadcast()
        while !hasEnded { condition.wait() }
        condition.unlock()
    }
}

// MARK: - The thread

extension Sequencer {
    private func run() {
        guard var builder = builder.take() else { preconditionFailure("a sequencer starts once") }
        while let intake = awaitWork(timer: builder.earliestTransition, isBlockAwaited: builder.open.isAwaited) {
            carryOut(intake, with: &builder)
        }
        abandonOpenBlock(of: &builder)
        condition.lock()
        phase = .ended
        hasEnded = true
        condition.broadcast()
        condition.unlock()
    }

    /// One turn without waiting, for who runs a ledger step by step instead of on threads: carries out what was submitted
    /// or is due by now, and leaves a small block to `place`. False when there was nothing to do.
    package func turn(committingOn place: BlockCommitter.Place) -> Bool {
        guard var builder = builder.take() else { preconditionFailure("a sequencer has a thread, or is run in turns") }
        condition.lock()
        let next = takeWork(timer: builder.earliestTransition, isBlockAwaited: builder.open.isAwaited)
        condition.unlock()
        var isDone = false
        switch next {
        case .work(let intake):
            carryOut(intake, with: &builder, committingOn: place)
            isDone = true
        case .end: abandonOpenBlock(of: &builder)
        case .nothing: break
        }
        self.builder = consume builder
        return isDone
    }

    /// After a failure it holds what was decided and will not be made durable.
    private func abandonOpenBlock(of builder: inout BlockBuilder) {
        let outcome = condition.withLock { endOutcome }
        builder.abandon().refuse(with: outcome)
    }

    private func carryOut(
        _ intake: [Intake],
        with builder: inout BlockBuilder,
        committingOn place: BlockCommitter.Place = .callingThread
    ) {
        let now = clock.now()
        builder.beginTurn(at: now)
        clockWatch.note(clockTime: now, ledgerTime: builder.lastTime)
        for entry in intake {
            if builder.open.isFull { closeBlock(of: &builder, waitingForCommit: true) }
            switch entry {
            case .burst(let burst): builder.take(burst)
            case .capture(let body): builder.capture(body)
            }
        }
        closeBlock(of: &builder, waitingForCommit: false, committingOn: place)
    }

    /// Blocks until there is something to do; nil when everything accepted is done and the sequencer is to end.
    private func awaitWork(timer: Timestamp?, isBlockAwaited: Bool) -> [Intake]? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            switch takeWork(timer: timer, isBlockAwaited: isBlockAwaited) {
            case .work(let intake): return intake
            case .end: return nil
            case .nothing: _ = condition.wait(until: clock.wakeUpDate(for: timer))
            }
        }
    }

    private enum Next {
        /// What was submitted; empty when time or the open block is all there is.
        case work([Intake])
        case nothing
        case end
    }

    /// While the condition is held.
    private func takeWork(timer: Timestamp?, isBlockAwaited: Bool) -> Next {
        if phase == .ended { return .end }
        if !inbox.isEmpty {
            var taken: [Intake] = []
            swap(&taken, &inbox)
            return .work(taken)
        }
        if !isCommitting && isBlockAwaited { return .work([]) }
        if phase == .draining && !isCommitting { return .end }
        if let timer, timer <= clock.now(), phase == .running { return .work([]) }
        return .nothing
    }

    /// Makes the open block durable when there is something in it and the one before is durable.
    ///
    /// Waiting a moment for the clients that were just answered, so that they and those who asked meanwhile share a commit,
    /// made blocks larger and no call faster.
    private func closeBlock(
        of builder: inout BlockBuilder,
        waitingForCommit: Bool,
        committingOn place: BlockCommitter.Place = .callingThread
    ) {
        guard builder.open.isAwaited else { return }
        condition.lock()
        while waitingForCommit && isCommitting && phase != .ended { condition.wait() }
        let isFree = !isCommitting && phase != .ended
        let isQuick = inbox.isEmpty && builder.open.count <= Sequencer.eventsCommittedHereMax
        if isFree { isCommitting = true }
        condition.unlock()
        guard isFree else { return }

        if snapshotter.claimIfDue(head: LogPosition(builder.open.next.ordinal - 1), time: builder.lastTime) {
            builder.capture { [snapshotter] in snapshotter.saveLater($0) }
        }
        let closed = builder.close()
        let captured = closed.captures.isEmpty ? nil : builder.state
        let answered = closed.load
        committer.commit(
            closed,
            state: captured,
            on: isQuick ? place : .ownThread,
            whenDurable: { [self] in noteAnswered(answered) },
            whenDone: { [self] in noteCommitted() }
        )
    }

    /// Before the answers leave: whoever is answered may ask again at once, and finds room.
    private func noteAnswered(_ load: Backlog.Load) {
        let now = clock.now()
        condition.lock()
        backlog.remove(load, at: now)
        condition.unlock()
    }

    private func noteCommitted() {
        condition.lock()
        isCommitting = false
        // Not only the thread may be waiting: `drain` may be too, and a signal to it alone would be lost.
        condition.broadcast()
        condition.unlock()
    }
}
