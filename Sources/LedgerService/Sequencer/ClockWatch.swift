package import EventSourcing
package import Logging
import Synchronization

/// Notices when the clock is behind the ledger's time, which never runs backwards: when it was far ahead, and was put back.
///
/// Until the clock has caught up, the ledger's time stands still: no call leaves the window, and no pause ends. Everything
/// goes on being recorded meanwhile.
package final class ClockWatch: Sendable {
    /// Clocks are put right by less than this all the time, which nobody needs to hear of.
    package static let toleranceMax = TimeSpan.seconds(5)

    private let clock: ServiceClock
    private let logger: Logger
    /// In milliseconds.
    private let ledgerTime: Atomic<Int64>
    private let isToldOf = Atomic(false)

    /// `ledgerTime`: that of the last event in the log.
    package init(_ clock: ServiceClock, ledgerTime: Timestamp, logger: Logger) {
        (self.clock, self.logger) = (clock, logger)
        self.ledgerTime = Atomic(ledgerTime.milliseconds)
        note(clockTime: clock.now(), ledgerTime: ledgerTime)
    }

    /// How far the clock is behind by now; zero where it is not.
    package var behind: TimeSpan {
        let ledgerTime = Timestamp(milliseconds: ledgerTime.load(ordering: .relaxed))
        return max(ledgerTime - clock.now(), .seconds(0))
    }

    /// Takes note of both, as of one moment, and says once when the clock has come to be far behind, and once when it has
    /// caught up. To be called from one thread at a time.
    func note(clockTime: Timestamp, ledgerTime: Timestamp) {
        self.ledgerTime.store(ledgerTime.milliseconds, ordering: .relaxed)
        let behind = ledgerTime - clockTime
        if isToldOf.load(ordering: .relaxed) {
            guard behind <= .seconds(0) else { return }
            isToldOf.store(false, ordering: .relaxed)
            logger.notice("the clock has caught up with the ledger's time")
        } else if behind > ClockWatch.toleranceMax {
            isToldOf.store(true, ordering: .relaxed)
            logger.warning(
                """
                the clock is \(behind.milliseconds) ms behind the ledger's time, \(ledgerTime): until it has caught up, \
                that time stands still, no call leaves the window and no pause ends
                """
            )
        }
    }
}
