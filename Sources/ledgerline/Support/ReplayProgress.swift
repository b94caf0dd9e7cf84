import EventSourcing
import Synchronization

/// Shows how far the replay of the log is while a server starts; called from whatever thread replays.
final class ReplayProgress: Sendable {
    private let bar = Mutex(ProgressBar("replaying the log", unit: "events"))

    func show(_ done: LogPosition, of total: LogPosition) {
        bar.withLock { $0.show(done.ordinal, of: total.ordinal) }
    }

    func finish() {
        bar.withLock { $0.finish() }
    }
}
