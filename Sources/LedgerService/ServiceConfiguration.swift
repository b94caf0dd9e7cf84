package import EventSourcing
package import Logging

/// What a service is opened with.
package struct ServiceConfiguration: Sendable {
    /// Where ledger.db, views.db and backups are.
    package var directory: String
    package var clock: ServiceClock
    /// A snapshot is taken after so many events …
    package var snapshotEvents: Int64
    /// … or after so much time in which events came.
    package var snapshotTime: TimeSpan
    /// Whether the whole log is verified in the background after the start, which itself reads only what the newest
    /// snapshot does not hold.
    package var isScrubbingAtStart: Bool
    /// Serves a log that is shorter than it is known to have been; otherwise opening it throws `LostEvents`.
    package var isShorterLogAccepted: Bool
    /// How much waits to be carried out before more is refused.
    package var backlog: BacklogLimits
    package var logger: Logger
    /// Called once when the log refuses an append or turns out to be damaged. The process must stop then: its memory is
    /// ahead of its log, or rests on what cannot be vouched for. Called on a thread of the service, so it must not wait
    /// for the service to shut down.
    package var onFailure: @Sendable (any Error) -> Void
    /// Gets the position reached and the head's while the log is replayed at start.
    package var onReplay: @Sendable (LogPosition, LogPosition) -> Void

    package init(
        directory: String,
        clock: ServiceClock = .system,
        snapshotEvents: Int64 = 1_000_000,
        snapshotTime: TimeSpan = .minutes(10),
        isScrubbingAtStart: Bool = true,
        isShorterLogAccepted: Bool = false,
        backlog: BacklogLimits = BacklogLimits(),
        logger: Logger = Logger(label: "ledgerline"),
        onFailure: @escaping @Sendable (any Error) -> Void,
        onReplay: @escaping @Sendable (LogPosition, LogPosition) -> Void = { _, _ in }
    ) {
        self.directory = directory
        self.clock = clock
        self.snapshotEvents = snapshotEvents
        self.snapshotTime = snapshotTime
        self.isScrubbingAtStart = isScrubbingAtStart
        self.isShorterLogAccepted = isShorterLogAccepted
        self.backlog = backlog
        self.logger = logger
        self.onFailure = onFailure
        self.onReplay = onReplay
    }
}
