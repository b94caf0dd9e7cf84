import ArgumentParser
import EventSourcing
import Foundation
import SQLiteEventLog

/// `ledgerline restore`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory of a backup.",
        discussion: """
            The backup is verified first, and the copy afterwards; positions and the hash chain stay what they were. The \
            directory must be new or empty.

            EXAMPLE
              ledgerline restore ledger-data/backups/before-upgrade.db --data restored
              ledgerline serve --data restored
            """
    )

    @Argument(help: "The backup file.", completion: .file())
    var backup: String

    @Option(name: .long, help: "The data directory to make.", completion: .directory)
    var data: String

    func run() async throws {
        try checkDirectory()
        let report = try copy(verifiedBackup())
        Terminal.output.writeLine(
            "\(data): \(Numbers.grouped(report.events)) events, up to position \(report.head.position)"
        )
        Terminal.output.writeLine("\(report.head)")
    }

    private func checkDirectory() throws {
        let files = FileManager.default
        guard files.fileExists(atPath: data) else { return }
        guard let content = try? files.contentsOfDirectory(atPath: data) else {
            throw CommandFailure(.dataDirectory, "\(data) is no directory that can be read")
        }
        guard content.isEmpty else {
            throw CommandFailure(.dataDirectory, "\(data) is not empty; restore into a new directory")
        }
    }

    private func verifiedBackup() throws -> LedgerFileReading {
        guard FileManager.default.fileExists(atPath: backup) else {
            throw CommandFailure(.refused, "there is no file \(backup)")
        }
        do {
            let source = try LedgerFileReading(backup)
            _ = try source.verify()
            return source
        } catch EventLogError.storage(let reason) {
            throw CommandFailure(.verification, "\(backup) is no ledger: \(reason)")
        }
    }

    /// Only the owner may read the ledger; it is complete, durable and verified once more before it has its name. What
    /// a WAL beside the file still holds comes along.
    private func copy(_ source: LedgerFileReading) throws -> VerificationReport {
        try PrivateFiles.createDirectory(data)
        var bar = ProgressBar("restore", unit: "pages")
        defer { bar.finish() }
        return try source.log.backup(
            to: "\(data)/\(LedgerFile.log)",
            progress: { done, total in bar.show(Int64(done), of: Int64(total)) }
        )
    }
}
