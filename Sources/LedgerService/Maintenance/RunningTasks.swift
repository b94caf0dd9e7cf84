import Synchronization

/// Long work that is under way, and how far it is: what `server.tasks` shows and progress bars draw. Whoever stops the
/// service does not wait for its end.
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

    private struct State {
        var running: [Int: Progress] = [:]
        var next = 0
        var isStopping = false
    }

    private let state = Mutex(State())

    package init() {}

    /// What is running, in the order in which it began.
    package var all: [Progress] {
        state.withLock { state in state.running.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// Has all work end where it says next how far it is, and lets none begin.
    func stop() {
        state.withLock { $0.isStopping = true }
    }

    /// Says how far the work is; throws `CancellationError` when it is to end.
    typealias Report = @Sendable (_ done: Int64, _ total: Int64?) throws -> Void

    /// Lists the work while `body` does it; `body` says how far it is with what it is given. Throws `ServiceError.stopping`
    /// where it may not begin, and `.interrupted` when it was cancelled.
    func run<Result>(
        _ task: String,
        unit: String,
        _ body: (_ report: @escaping Report) throws -> Result
    ) throws -> Result {
        let number = try begin(task, unit: unit)
        defer { state.withLock { _ = $0.running.removeValue(forKey: number) } }
        do {
            return try body { [self] done, total in try note(done, total, of: number) }
        } catch is CancellationError {
            throw ServiceError.interrupted(task)
        }
    }

    private func begin(_ task: String, unit: String) throws -> Int {
        try state.withLock { state in
            if state.isStopping { throw ServiceError.stopping }
            state.next += 1
            state.running[state.next] = Progress(task: task, done: 0, total: nil, unit: unit)
            return state.next
        }
    }

    private func note(_ done: Int64, _ total: Int64?, of number: Int) throws {
        try state.withLock { state in
            if state.isStopping { throw CancellationError() }
            state.running[number]?.done = done
            state.running[number]?.total = total
        }
    }
}
