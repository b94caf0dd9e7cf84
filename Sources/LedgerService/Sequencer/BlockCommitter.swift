package import EventSourcing
import Foundation
import QuotaDomain

/// Makes blocks durable, one at a time, then lets go what waited for them: on a thread of its own while there is more to
/// decide meanwhile, else right where the block was filled.
package final class BlockCommitter: @unchecked Sendable {
    private let log: any EventLog
    private let onCommitted: @Sendable (CommittedBlock) -> Void
    private let onFailure: @Sendable (any Error) -> Void
    private let afterCommit: @Sendable () -> Void

    /// Guards `job` and wakes the thread.
    private let condition = NSCondition()
    private var job: Job?
    private var isStopping = false
    private var hasEnded = false

    // Owned by whoever commits: there is one block at a time.
    private var head: LogHead
    private var headTime: Timestamp

    private struct Job {
        var open: OpenBlock
        var state: QuotaState?
        var whenDurable: @Sendable () -> Void
        var whenDone: @Sendable () -> Void
    }

    /// `onCommitted` sees every block after it is durable, in order. `afterCommit` does what may wait until the answers
    /// have left. `onFailure` is called once when the log refuses, on the thread that committed: nothing is committed any
    /// more, since the state in memory is ahead of the log. Who waits for the block is told before.
    package init(
        log: any EventLog,
        head: LogHead,
        headTime: Timestamp,
        onCommitted: @escaping @Sendable (CommittedBlock) -> Void,
        onFailure: @escaping @Sendable (any Error) -> Void,
        afterCommit: @escaping @Sendable () -> Void
    ) {
        self.log = log
        self.head = head
        self.headTime = headTime
        self.onCommitted = onCommitted
        self.onFailure = onFailure
        self.afterCommit = afterCommit
    }

    package func start() {
        let thread = Thread { [self] in run() }
        thread.name = "ledgerline.committer"
        thread.stackSize = ServiceThreads.stackBytes
        thread.start()
    }

    /// Ends the thread after the job it has.
    package func stop() {
        condition.lock()
        isStopping = true
        condition.broadcast()
        while !hasEnded { condition.wait() }
        condition.unlock()
    }

    /// Where a block is committed.
    package enum Place: Sendable {
        /// Nothing waits to be decided: handing over to another thread and back would cost more than it gains. With 8
        /// clients that wait for each answer it was a third of the time of a call.
        case callingThread
        /// While the next block fills.
        case ownThread
    }

    /// Takes the block over; `whenDurable` is called before its answers leave, `whenDone` when the next one may come. One
    /// block at a time.
    func commit(
        _ open: consuming OpenBlock,
        state: consuming QuotaState?,
        on place: Place,
        whenDurable: @escaping @Sendable () -> Void,
        whenDone: @escaping @Sendable () -> Void
    ) {
        let job = Job(open: open, state: state, whenDurable: whenDurable, whenDone: whenDone)
        switch place {
        case .callingThread:
            _ = carryOut(job)
        case .ownThread:
            condition.lock()
            precondition(self.job == nil, "one block at a time")
            self.job = job
            condition.signal()
            condition.unlock()
        }
    }

    /// Commits the block that was handed over, for who runs a ledger step by step instead of on threads. False when there
    /// is none.
    package func commitNext() -> Bool {
        condition.lock()
        let job = job.take()
        condition.unlock()
        guard let job else { return false }
        _ = carryOut(job)
        return true
    }

    private func run() {
        while let job = awaitJob(), carryOut(job) {}
        condition.lock()
        hasEnded = true
        condition.broadcast()
        condition.unlock()
    }

    private func awaitJob() -> Job? {
        condition.lock()
        defer { condition.unlock() }
        while job == nil {
            if isStopping { return nil }
            condition.wait()
        }
        defer { job = nil }
        return job
    }

    /// False when the log refused: then `whenDone` is not called, for the sequencer must not go on with a state that the
    /// log does not hold.
    private func carryOut(_ job: Job) -> Bool {
        do {
            try makeDurable(job)
        } catch {
            // It may be on the disk all the same: the next start tells.
            job.open.refuse(with: .failed(LogFailure(error, mayBeDone: true)))
            onFailure(error)
            return false
        }
        job.whenDone()
        return true
    }

    private func makeDurable(_ job: Job) throws {
        let block = job.open.block
        if let block {
            let committed = try log.append(block, expecting: head)
            head = LogHead(position: block.last, hash: committed.hash)
            headTime = block.timeLast
            onCommitted(committed)
        }
        job.whenDurable()
        for answer in job.open.answers { answer.deliver(answer.outcomes) }
        if let state = job.state {
            for capture in job.open.captures { capture(CapturedState(state: state, head: head, time: headTime)) }
        }
        if block != nil { afterCommit() }
    }
}
