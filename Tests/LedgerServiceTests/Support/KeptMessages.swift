import Logging
import Synchronization

/// Keeps what a logger is told.
final class KeptMessages: LogHandler, Sendable {
    private let messages = Mutex<[(level: Logger.Level, text: String)]>([])

    var logger: Logger { Logger(label: "test") { _ in self } }

    var warnings: [String] { messages.withLock { $0.filter { $0.level >= .warning }.map(\.text) } }
    var notices: [String] { messages.withLock { $0.filter { $0.level == .notice }.map(\.text) } }

    func log(event: LogEvent) {
        messages.withLock { $0.append((event.level, "\(event.message)")) }
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
}
