import Logging

/// Operator messages, one line each, on standard error.
enum StandardErrorLog {
    static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "ledgerline") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}
