import Synchronization

/// Long work that is under way, and how far it is: what `server.tasks` shows and progress bars draw.
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
    }

    private let state = Mutex(State())

    package init() {}

    /// What is running, in the order in which it began.
    package var all: [Progress] {
        state.withLock { state in state.running.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// Lists the work while `body` does it; `body` says how far it is with what it is given.
    func run<Result>(
        _ task: String,
        unit: String,
        _ body: (_ report: @escaping @Sendable (Int64, Int64?) -> Void) throws -> Result
    ) rethrows -> Result {
        let number = state.withLock { state in
            state.next += 1
            state.running[state.next] = Progress(task: task, done: 0, total: nil, unit: unit)
            return state.next
        }
        defer { state.withLock { _ = $0.running.removeValue(forKey: number) } }
        return try body { [self] done, total in
            state.withLock { state in
                state.running[number]?.done = done
                state.running[number]?.total = total
            }
        }
    }
}
