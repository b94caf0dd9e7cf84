import ArgumentParser
import EventSourcing
import LedgerClient
import LineProtocol
import Testing

@testable import ledgerline

@Suite("Arguments")
struct ArgumentTests {
    private let now = Timestamp(milliseconds: 1_795_284_000_000)

    @Test(
        "Times are instants, days, now, or ago",
        arguments: [
            ("2026-11-21T17:54:01+01:00", "2026-11-21T16:54:01.000Z"), ("2026-11-21", "2026-11-21T00:00:00.000Z"),
        ]
    )
    func times(text: String, instant: String) {
        #expect(TimeArgument(argument: text)?.timestamp(now: now).description == instant)
    }

    @Test(
        "Spans count back from now",
        arguments: [("now", 0), ("90m", 5_400_000), ("24h", 86_400_000), ("7d", 604_800_000)]
    )
    func ago(text: String, milliseconds: Int64) {
        #expect(TimeArgument(argument: text)?.timestamp(now: now) == now - TimeSpan(milliseconds: milliseconds))
    }

    @Test("Anything else is no time", arguments: ["", "h", "-1h", "1y", "2026-13-01", "tomorrow", "99999999999h"])
    func noTime(text: String) {
        #expect(TimeArgument(argument: text) == nil)
    }

    @Test(
        "A listener's address",
        arguments: [("127.0.0.1:0", "127.0.0.1", 0), ("[::1]:7411", "::1", 7411), ("0.0.0.0:65535", "0.0.0.0", 65_535)]
    )
    func listen(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test("No listener's address", arguments: ["", ":1", "a", "a:", "a:65536", "a:-1", "[]:1"])
    func noListen(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test(
        "Command lines that make no sense are refused",
        arguments: [
            ["usage"], ["usage", "--org", "a", "--at", "1h"], ["history", "--org", "a", "--by", "colour"],
            ["history", "--org", "a", "--by", "hour,day"], ["tail", "--from", "0"], ["tail", "--from", "yesterday"],
            ["call", "events.stream"], ["call", "x", "--server", "nonsense:port"],
            ["call", "x", "--server", "a:1", "--unix", "b"], ["import", "--org", "a", "--app", "b", "file"],
            ["import", "--org", "a"], ["bench", "--connections", "0"], ["bench", "--seconds", "0"],
            ["bench", "--batch", "5001"], ["bench", "--rate", "0"], ["bench", "--reads", "-1"],
            ["demo", "--tls-ca", "ca.pem"], ["demo", "--unix", "s", "--tls"],
            ["serve", "--data", "d", "--idle-timeout", "-1"], ["serve", "--data", "d", "--connections-max", "0"],
            ["demo", "--seconds", "1"], ["serve"], ["serve", "--data", "d", "--listen", "7411"],
            ["serve", "--data", "d", "--tls-certificate", "c"], ["serve", "--data", "d", "--tls-client-ca", "c"],
            ["call", "x", "--tls-key", "k"], ["call", "x", "--unix", "s", "--tls"],
            ["export", "--output", "f", "--to", "start"], ["completions", "tcsh"],
        ]
    )
    func refused(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try Ledgerline.parseAsRoot(arguments) }
        #expect(error.map { Ledgerline.exitCode(for: $0) } == .validationFailure)
    }

    @Test(
        "Every command has help with an example",
        arguments: [
            ["serve"], ["demo"], ["usage"], ["history"], ["tail"], ["call"], ["errors"], ["errors", "list"],
            ["errors", "get"], ["errors", "retry"], ["bulk-sync"], ["bulk-sync", "start"], ["bulk-sync", "progress"],
            ["bulk-sync", "pause"], ["bulk-sync", "resume"], ["bulk-sync", "stop"], ["bulk-sync", "complete"],
            ["bulk-sync", "fail"], ["bulk-sync", "get"], ["bulk-sync", "list"], ["mapping"], ["mapping", "set"],
            ["mapping", "remove"], ["mapping", "list"], ["import"], ["export"], ["verify"], ["rebuild"], ["compact"],
            ["backup"], ["restore"], ["bench"], ["completions"],
        ]
    )
    func help(command: [String]) {
        let error = #expect(throws: (any Error).self) {
            var help = try Ledgerline.parseAsRoot(command + ["--help"])
            try help.run()
        }
        let text = error.map { Ledgerline.fullMessage(for: $0) } ?? ""
        #expect(text.contains("EXAMPLE"))
        #expect(text.contains("ledgerline \(command.joined(separator: " "))"))
    }

    @Test(
        "Failures have their exit status",
        arguments: [
            (CommandFailure(.verification, "x"), .verification), (RPCError(.notFound, "x"), .refused),
            (RPCError(.dataLoss, "x"), .verification), (CancellationError(), .refused),
            (LedgerClientError.cannotConnect(.default, reason: "x"), .connection),
            (LedgerClientError.connectionLost(.default, reason: "x"), .connection),
            (LedgerClientError.cannotEncrypt(.default, reason: "x"), .connection),
        ] as [(any Error, ledgerline.ExitStatus)]
    )
    func statuses(error: any Error, status: ledgerline.ExitStatus) {
        #expect(FailureReport(error).status == status)
    }

    @Test("A refusal is told with status, reason, field and details")
    func refusal() {
        let error = RPCError(.failedPrecondition, "a bulk sync is active", reason: "BULK_SYNC_ACTIVE").with("sync", 12)
        #expect(
            FailureReport(error).message
                == "FAILED_PRECONDITION (BULK_SYNC_ACTIVE): a bulk sync is active\n  sync: 12"
        )
    }
}
