import EventSourcing
import Foundation
import SQLiteEventLog

/// A ledger's file that a command reads without a server: takes no lock and writes nothing, so it does not matter
/// whether a server is using it.
struct LedgerFileReading {
    /// As it was named on the command line.
    let name: String
    let log: SQLiteEventLog

    /// Opens a data directory, or a file such as a backup.
    init(_ name: String) throws {
        self.name = name
        let file = LedgerFileReading.isDirectory(name) ? "\(name)/\(LedgerFile.log)" : name
        guard FileManager.default.fileExists(atPath: file) else {
            throw CommandFailure(.dataDirectory, "there is no ledger in \(name)")
        }
        log = try LedgerFileReading.naming(name) { try SQLiteEventLog.openReadOnly(file: file) }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Goes through the whole of it, with a progress bar.
    func verify(expecting expected: [LogHead] = []) throws -> VerificationReport {
        var bar = ProgressBar("verify \(name)", unit: "events")
        defer { bar.finish() }
        return try LedgerFileReading.naming(name) {
            try log.verify(
                expecting: expected,
                progress: { done, total in bar.show(Int64(done), of: Int64(total)) }
            )
        }
    }

    /// Says which of several ledgers is damaged.
    private static func naming<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch EventLogError.damaged(let position, let reason) {
            throw CommandFailure(.verification, "\(name) \(EventLogError.wordsOfDamage(at: position, reason))")
        }
    }
}
