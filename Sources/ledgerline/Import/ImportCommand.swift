import ArgumentParser
import Foundation
import LedgerClient
import Salesforce

/// `ledgerline import`
struct ImportCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import Salesforce's ApiTotalUsage event log files.",
        discussion: """
            Every file is read twice: once to check all of its rows, once to send them; nothing of a file with a bad \
            row is sent. Importing a file again, or files that overlap, adds nothing. Rows that are alike in \
            everything count each as long as they stand in one file: split by hand over two files, they count once. \
            Connected apps that are named with --app belong to the workspace; the others stay integrations of their \
            own. Calls that do not count against the limit are kept for the history.

            EXAMPLES
              ledgerline import --org 00D000000000001 --workspace support --app Intercom ApiTotalUsage.csv
              ledgerline import --org 00D000000000001 hourly/*.csv
            """
    )

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case elf
    }

    @Option(name: .long, help: "elf: an event log file.")
    var format = Format.elf

    @Option(name: .long, help: "The org whose calls these are.")
    var org: String

    @Option(name: .long, help: "The workspace that the apps named with --app belong to.")
    var workspace: String?

    @Option(name: .long, help: "A connected app of the workspace; may be repeated.")
    var app: [String] = []

    @Flag(name: .long, help: "Leave bad rows out instead of the whole file.")
    var skipBadRows = false

    @Argument(help: "The files.", completion: .file(extensions: ["csv"]))
    var files: [String]

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if workspace == nil, !app.isEmpty { throw ValidationError("--app needs --workspace.") }
        if workspace != nil, app.isEmpty { throw ValidationError("--workspace needs --app.") }
        if files.isEmpty { throw ValidationError("Name at least one file.") }
    }

    /// Rows of all files.
    struct Checked {
        var calls: Int64
        var badRows: Int64
    }

    /// Reads all files once. Throws when one has bad rows, unless they are to be skipped.
    func prepare() throws -> Checked {
        var check = ImportCheck()
        var bar = ProgressBar("checking", unit: "rows")
        for file in files {
            try EventLogFile(path: file).forEachRow { row in
                check.take(row, of: file)
                bar.show(check.calls, of: nil)
            }
        }
        bar.finish()
        for line in check.report(org: org) { Terminal.errors.writeLine(line) }
        if check.badRows > 0, !skipBadRows {
            throw CommandFailure(
                .refused,
                "bad rows: \(Numbers.grouped(check.badRows)); nothing was sent; --skip-bad-rows leaves them out"
            )
        }
        return Checked(calls: check.calls, badRows: check.badRows)
    }

    func run(_ client: LedgerClient, _ checked: Checked) async throws {
        let attribution = ImportAttribution(org: org, workspace: workspace, apps: Set(app))
        var sender = ImportSender(client: client, attribution: attribution)
        var bar = ProgressBar("import", unit: "rows")
        for file in files {
            try await EventLogFile(path: file).forEachChunk { calls in
                try await sender.send(calls)
                bar.show(sender.rows, of: checked.calls)
            }
        }
        try await sender.flush()
        bar.finish()
        show(sender.summary, badRows: checked.badRows)
    }

    private func show(_ summary: ImportSummary, badRows: Int64) {
        if connection.json {
            Terminal.output.write(summary.json(badRows: badRows))
        } else {
            summary.table.lines(Terminal.output.style).forEach { Terminal.output.writeLine($0) }
            if badRows > 0 { Terminal.output.writeLine("bad rows left out: \(Numbers.grouped(badRows))") }
        }
    }
}
