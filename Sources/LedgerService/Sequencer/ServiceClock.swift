package import EventSourcing
import Foundation

/// Where the service's time comes from. The domain never reads it: its time comes in with each command.
package struct ServiceClock: Sendable {
    package var now: @Sendable () -> Timestamp

    package init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// The machine's clock.
    package static let system = ServiceClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// The clock is looked at again after this at the latest, so that setting the machine's clock is noticed.
    private static let longestWait: TimeSpan = .seconds(1)

    /// Until when to sleep so as to be awake at `instant`.
    func wakeUpDate(for instant: Timestamp?) -> Date {
        let wait = instant.map { min(max($0 - now(), TimeSpan(milliseconds: 1)), ServiceClock.longestWait) }
        return Date(timeIntervalSinceNow: Double((wait ?? ServiceClock.longestWait).milliseconds) / 1_000)
    }
}

/// What the service's own threads have in common.
enum ServiceThreads {
    /// Snapshots of large states and deep call chains fit in easily.
    static let stackBytes = 4 << 20
}
