import EventSourcing
import Foundation
import Logging
import SQLiteEventLog

/// Verifies the whole log once, in the background: a start reads only what the newest snapshot does not hold, so damage
/// further back would stay unnoticed until somebody asks for it.
final class Scrubber: @unchecked Sendable {
    /// How it is listed among the running tasks.
    static let task = "start-up check"

    private let log: SQLiteEventLog
    private let tasks: RunningTasks
    private let logger: Logger
    private let onDamage: @Sendable (any Error) -> Void
    private let pace = BackgroundPace()

    /// Guards what follows, and wakes who waits for the thread's end.
    private let condition = NSCondition()
    private var isRunning = false

    /// `onDamage` gets the `EventLogError.damaged` that was found, on the scrubber's thread.
    init(
        log: SQLiteEventLog,
        tasks: RunningTasks,
        logger: Logger,
        onDamage: @escaping @Sendable (any Error) -> Void
    ) {
        self.log = log
        self.tasks = tasks
        self.logger = logger
        self.onDamage = onDamage
    }

    func start() {
        condition.lock()
        isRunning = true
        condition.unlock()
        let thread = Thread { [self] in run() }
        thread.name = "ledgerline.scrubber"
        thread.stackSize = ServiceThreads.stackBytes
        thread.qualityOfService = .background
        thread.start()
    }

    /// Waits until it has ended.
    func finish() {
        condition.lock()
        while isRunning { condition.wait() }
        condition.unlock()
    }

    private func run() {
        do {
            try verify()
        } catch ServiceError.stopping, ServiceError.interrupted {
            // The next start checks again.
        } catch let error as EventLogError {
            report(error)
        } catch {
            logger.warning("the log could not be checked: \(error)")
        }
        condition.lock()
        isRunning = false
        condition.broadcast()
        condition.unlock()
    }

    private func verify() throws {
        try tasks.run(Scrubber.task, unit: "events", pace: pace) { report in
            _ = try log.verify(
                progress: { done, total in try report(Int64(done), Int64(total)) },
                isCancelled: { pace.isCancelledAfterStep() }
            )
        }
    }

    private func report(_ error: EventLogError) {
        switch error {
        case .damaged:
            onDamage(error)
        case .outOfRange(let firstHeld):
            logger.notice("the log was not checked to its end: retention dropped what precedes position \(firstHeld)")
        case .unexpectedHead, .storage:
            logger.warning("the log could not be checked: \(error)")
        }
    }
}
