import EventSourcing
import Foundation
import QuotaDomain

/// A ledger at work, over any log that keeps snapshots: the sequencer with its live state, what makes its blocks durable,
/// and the feed of those that are.
package final class LedgerCore: Sendable {
    /// The newest blocks, for readers at the head.
    package let feed: BlockFeed
    package let snapshotter: Snapshotter
    package let sequencer: Sequencer
    package let committer: BlockCommitter
    package let clockWatch: ClockWatch
    private let failure = FailureRelay()

    /// Goes on from what was recovered of `log`. `afterCommit` does what may wait until the answers have left. `later` runs
    /// what nobody waits for; nil: on a queue.
    package init(
        over log: any StateLog,
        _ recovered: Recovery.Recovered,
        _ configuration: ServiceConfiguration,
        later: Snapshotter.Later? = nil,
        afterCommit: @escaping @Sendable () -> Void
    ) {
        let feed = BlockFeed(head: recovered.head)
        let failure = self.failure
        self.feed = feed
        snapshotter = Snapshotter(
            log: log,
            last: recovered.snapshot,
            lastTime: recovered.head == .empty ? configuration.clock.now() : recovered.state.time,
            eventsBetween: configuration.snapshotEvents,
            timeBetween: configuration.snapshotTime,
            logger: configuration.logger,
            later: later
        )
        committer = BlockCommitter(
            log: log,
            head: recovered.head,
            headTime: recovered.state.time,
            onCommitted: { feed.publish($0) },
            onFailure: { failure.pass($0) },
            afterCommit: afterCommit
        )
        clockWatch = ClockWatch(
            configuration.clock,
            ledgerTime: recovered.state.time,
            logger: configuration.logger
        )
        sequencer = Sequencer(
            state: recovered.state,
            head: recovered.head,
            committer: committer,
            snapshotter: snapshotter,
            clock: configuration.clock,
            clockWatch: clockWatch,
            limits: configuration.backlog
        )
        failure.connect { [weak sequencer] error in
            sequencer?.abandon(because: error)
            configuration.onFailure(error)
        }
    }

    /// Runs it on threads of its own; without, it is run step by step.
    func start() {
        committer.start()
        sequencer.start()
    }

    /// Acknowledges nothing any more: the log refused, or cannot be vouched for.
    func fail(_ error: any Error) {
        failure.pass(error)
    }
}
