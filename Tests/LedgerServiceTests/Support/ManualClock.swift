import EventSourcing
import LedgerService
import Synchronization

/// A clock that stands until it is set.
final class ManualClock: Sendable {
    private let instant: Mutex<Timestamp>

    init(_ start: Timestamp = Timestamp("2026-11-21T17:54:01.123Z")!) {
        instant = Mutex(start)
    }

    var now: Timestamp { instant.withLock { $0 } }

    func set(_ instant: Timestamp) {
        self.instant.withLock { $0 = instant }
    }

    func advance(_ span: TimeSpan) {
        instant.withLock { $0 = $0 + span }
    }

    var serviceClock: ServiceClock { ServiceClock { self.now } }
}
