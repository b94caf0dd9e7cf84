import LedgerClient
import LineJSON

/// The progress bar of work that the server does: asks it from time to time how far it is.
enum TaskProgress {
    private static let pollInterval = Duration.milliseconds(200)

    /// Draws how far `method` is while `body` waits for its answer.
    static func show<Result: Sendable>(
        of method: String,
        _ client: LedgerClient,
        while body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await draw(method, client) }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Until it is cancelled.
    private static func draw(_ method: String, _ client: LedgerClient) async throws {
        var bar = ProgressBar(method, unit: "")
        defer { bar.finish() }
        while true {
            try await Task.sleep(for: pollInterval)
            let progress = try await client.call("server.tasks").withValue { result in
                result["tasks"]?.elements.first { $0.text("task") == method }.map { task in
                    (done: task.count("done"), total: task["total"]?.integer, unit: task.text("unit"))
                }
            }
            guard let progress else { continue }
            bar.unit = progress.unit
            bar.show(progress.done, of: progress.total)
        }
    }
}
