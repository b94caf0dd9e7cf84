import EventSourcing
import Foundation
import LedgerService
import QuotaDomain
import SQLiteEventLog
import TestSupport

/// A log in front of another one, whose appends can be held up or made to fail.
final class GatedLog: EventLog, @unchecked Sendable {
    private let base: any EventLog
    private let condition = NSCondition()
    private var isHeld = false
    private var arrivals = 0
    private var failure: (any Error)?

    init(_ base: any EventLog) {
        self.base = base
    }

    /// Appends that arrive from now on wait.
    func hold() {
        condition.lock()
        isHeld = true
        condition.unlock()
    }

    /// Lets go on who waits, into a failure when one is given.
    func release(failingWith error: (any Error)? = nil) {
        condition.lock()
        (isHeld, failure) = (false, error)
        condition.broadcast()
        condition.unlock()
    }

    /// Blocks until so many appends have arrived.
    func awaitArrivals(_ count: Int) {
        condition.lock()
        while arrivals < count { condition.wait() }
        condition.unlock()
    }

    func append(_ block: Block, expecting head: LogHead) throws -> CommittedBlock {
        condition.lock()
        arrivals += 1
        condition.broadcast()
        while isHeld { condition.wait() }
        let failure = failure
        condition.unlock()
        if let failure { throw failure }
        return try base.append(block, expecting: head)
    }

    func head() throws -> LogHead { try base.head() }

    func read(from position: LogPosition, byteLimit: Int) throws -> [CommittedBlock] {
        try base.read(from: position, byteLimit: byteLimit)
    }
}

/// A sequencer and its committer as the service puts them together, over a log that can be held up.
final class SequencerRig: Sendable {
    let directory: TemporaryDirectory
    let clock = ManualClock()
    let log: SQLiteEventLog
    let gate: GatedLog
    let feed = BlockFeed(head: .empty)
    let committer: BlockCommitter
    let sequencer: Sequencer
    let failures = Expected<String>()

    init(limits: BacklogLimits = BacklogLimits(), messages: KeptMessages = KeptMessages()) throws {
        directory = try TemporaryDirectory()
        log = try SQLiteEventLog.open(directory: directory.path)
        gate = GatedLog(log)
        let abandoning = Expected<@Sendable (any Error) -> Void>()
        committer = BlockCommitter(
            log: gate,
            head: .empty,
            headTime: Timestamp(milliseconds: 0),
            onCommitted: { [feed] in feed.publish($0) },
            onFailure: { [failures] error in
                (try? abandoning.get())?(error)
                failures.give("\(error)")
            },
            afterCommit: {}
        )
        let snapshotter = Snapshotter(
            log: log,
            last: .beforeFirst,
            lastTime: Timestamp(milliseconds: 0),
            eventsBetween: .max,
            timeBetween: .days(100_000),
            logger: ServiceConfiguration(directory: directory.path, onFailure: { _ in }).logger
        )
        sequencer = Sequencer(
            state: .initial,
            head: .empty,
            committer: committer,
            snapshotter: snapshotter,
            clock: clock.serviceClock,
            clockWatch: ClockWatch(clock.serviceClock, ledgerTime: clock.now, logger: messages.logger),
            limits: limits
        )
        abandoning.give { [weak sequencer] in sequencer?.abandon(because: $0) }
        committer.start()
        sequencer.start()
    }

    func submit(_ fill: (inout Requests) throws -> Void) throws -> Expected<[Burst.Outcome]> {
        var requests = Requests()
        try fill(&requests)
        let (burst, outcomes) = requests.expected()
        sequencer.submit(burst)
        return outcomes
    }

    /// The same, and something is left to decide when its block is closed, so that another thread commits it while the
    /// sequencer goes on. The last outcome is that of what brought this about.
    func submitWithMoreToDecide(_ fill: (inout Requests) throws -> Void) throws -> Expected<[Burst.Outcome]> {
        try submit { requests in
            try fill(&requests)
            requests.ask { [sequencer] _, _ in sequencer.submit(Burst { _ in }) }
        }
    }

    /// Blocks until the sequencer has carried out all that was submitted so far; durable it need not be.
    func awaitCarriedOut() throws {
        let isAsked = Expected<Void>()
        _ = try submit { requests in requests.ask { _, _ in isAsked.give(()) } }
        try isAsked.get()
    }

    func stop() throws {
        sequencer.drain()
        committer.stop()
        try log.close()
    }
}
