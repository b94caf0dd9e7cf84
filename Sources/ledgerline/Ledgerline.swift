import ArgumentParser
import Foundation
import LedgerServer

@main
struct Ledgerline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledgerline",
        abstract: "A ledger for the API calls that several systems share.",
        discussion: """
            Who used the allowance of a Salesforce org, what may still run, and why something was paused: now, and at \
            any moment of the past.

            FIRST STEPS
              ledgerline demo                            a day of it in a minute
              ledgerline serve --data ledger-data        start a server on 127.0.0.1:7411
              ledgerline call server.info                ask it something
              ledgerline usage --org ORG --workspace W   where usage stands
              ledgerline tail                            watch events as they come

            ENVIRONMENT
              LEDGERLINE_SERVER      the server's address, HOST:PORT or unix:PATH
              LEDGERLINE_TOKEN_FILE  a file that holds the token to show; LEDGERLINE_TOKEN is the token itself
              NO_COLOR               no colours, when set to anything

            \(ExitStatus.help)
            """,
        version: LedgerlineVersion.text,
        groupedSubcommands: [
            CommandGroup(name: "Server", subcommands: [ServeCommand.self, TokenCommand.self, DemoCommand.self]),
            CommandGroup(
                name: "Asking and telling",
                subcommands: [
                    UsageCommand.self, HistoryCommand.self, TailCommand.self, CallCommand.self, ErrorsCommand.self,
                    BulkSyncCommand.self, MappingCommand.self,
                ]
            ),
            CommandGroup(name: "Data in and out", subcommands: [ImportCommand.self, ExportCommand.self]),
            CommandGroup(
                name: "Maintenance",
                subcommands: [
                    VerifyCommand.self, RebuildCommand.self, CompactCommand.self, BackupCommand.self,
                    RestoreCommand.self,
                ]
            ),
            CommandGroup(name: "Tools", subcommands: [BenchCommand.self, CompletionsCommand.self]),
        ]
    )

    static func main() async {
        let command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            fail(error)
        }
        do {
            try await run(command)
        } catch {
            fail(error)
        }
        Foundation.exit(ExitStatus.success.rawValue)
    }

    private static func run(_ command: any ParsableCommand) async throws {
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            var command = command
            try command.run()
        }
    }

    /// Wrong usage, `--help` and `--version` come as ArgumentParser's own errors; it words them, the status is ours.
    private static func fail(_ error: any Error) -> Never {
        let parserStatus = exitCode(for: error)
        if parserStatus == .success {
            Terminal.output.writeLine(fullMessage(for: error))
            Foundation.exit(ExitStatus.success.rawValue)
        }
        if parserStatus == .validationFailure {
            Terminal.errors.writeLine(fullMessage(for: error))
            Foundation.exit(ExitStatus.usage.rawValue)
        }
        let report = FailureReport(error)
        Terminal.errors.writeLine("ledgerline: \(report.message)")
        Foundation.exit(report.status.rawValue)
    }
}
