import Dispatch
import Synchronization

/// Long work that is under way, and how far it is: what `server.tasks` shows and progress bars draw. It is here that all of it
/// is ended when the service stops: nobody waits longer than for the step that each is at.
package final class RunningTasks: Sendable {
    package struct Progress: Hashable, Sendable {
        /// The method that was called, or the name of what the service does of its own accord.
        package var task: String
        package var done: Int64
        /// Nil while it is not known.
        package var total: Int64?
        /// What is counted.
        package var unit: String
    }

    private struct Task {
        var progress: Progress
        var pace: BackgroundPace?
    }

    private struct State {
        var running: [Int: Task] = [:]
        var next = 0
        var isStopping = false
    }

    private let state = Mutex(State())
    private let unfinished = DispatchGroup()

    package init() {}

    /// What is running, in the order in which it began.
    package var all: [Progress] {
        state.withLock { state in state.running.sorted { $0.key < $1.key }.map(\.value.progress) }
    }

    /// Has all work end where it says next how far it is, or rests, and lets none begin.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            for task in state.running.values { task.pace?.cancel() }
        }
    }

    /// Waits until nothing is under way.
    func finish() {
        unfinished.wait()
    }

    /// Says how far the work is; throws `CancellationError` when it is to end.
    typealias Report = @Sendable (_ done: Int64, _ total: Int64?) throws -> Void

    /// Lists the work while `body` does it; `body` says how far it is with what it is given, and may rest at `pace`. Throws
    /// `ServiceError.stopping` where it may not begin, and `.interrupted` when it was cancelled.
    func run<Result>(
        _ task: String,
        unit: String,
        pace: BackgroundPace? = nil,
        _ body: (_ report: @escaping Report) throws -> Result
    ) throws -> Result {
        let progress = Progress(task: task, done: 0, total: nil, unit: unit)
        let number = try begin(Task(progress: progress, pace: pace))
        defer { end(number) }
        do {
            return try body { [self] done, total in try note(done, total, of: number) }
        } catch is CancellationError {
            throw ServiceError.interrupted(task)
        }
    }

    private func begin(_ task: Task) throws -> Int {
        try state.withLock { state in
            if state.isStopping { throw ServiceError.stopping }
            state.next += 1
            state.running[state.next] = task
            unfinished.enter()
            return state.next
        }
    }

    private func note(_ done: Int64, _ total: Int64?, of number: Int) throws {
        try state.withLock { state in
            if state.isStopping { throw CancellationError() }
            state.running[number]?.progress.done = done
            state.running[number]?.progress.total = total
        }
    }

    private func end(_ number: Int) {
        state.withLock { _ = $0.running.removeValue(forKey: number) }
        unfinished.leave()
    }
}
