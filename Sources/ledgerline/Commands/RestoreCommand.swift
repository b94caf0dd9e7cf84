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
            The backup is verified first; the directory must be new or empty.

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
        let report = try RestoreCommand.verify(backup)
        try copy()
        Terminal.output.writeLine(
            "\(data): \(Numbers.grouped(report.events)) events, "
                + "up to position \(report.head.position), \(report.head.hash)"
        )
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

    private static func verify(_ file: String) throws -> VerificationReport {
        guard FileManager.default.fileExists(atPath: file) else {
            throw CommandFailure(.refused, "there is no file \(file)")
        }
        do {
            let log = try SQLiteEventLog.openReadOnly(file: file)
            defer { try? log.close() }
            return try log.verify()
        } catch EventLogError.damaged(let position, let reason) {
            throw CommandFailure(.verification, "\(file) is damaged at position \(position): \(reason)")
        } catch EventLogError.storage(let reason) {
            throw CommandFailure(.verification, "\(file) is no ledger: \(reason)")
        }
    }

    /// Only the owner may read the ledger; it is complete before it has its name.
    private func copy() throws {
        let files = FileManager.default
        let ledger = "\(data)/ledger.db"
        let partial = "\(data)/ledger.db.partial"
        do {
            try files.createDirectory(
                atPath: data,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            try files.copyItem(atPath: backup, toPath: partial)
            try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: partial)
            try files.moveItem(atPath: partial, toPath: ledger)
        } catch {
            throw CommandFailure(.dataDirectory, "cannot write \(ledger): \(error.localizedDescription)")
        }
    }
}
