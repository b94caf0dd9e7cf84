import Foundation
import TestSupport
import Testing

@Suite("Commands against a server")
struct CommandTests {
    private static let org = "00D000000000001"
    private static let support = ["--org", "00D000000000001", "--workspace", "support"]

    @Test("call: the result for people and for programs, parameters from standard input")
    func call() async throws {
        try await TestServer.with { server in
            let configured = try await server.run(
                "call",
                "org.configure",
                "-",
                "--json",
                input: "{\"org\":\"a\",\n\"allowance\":20}\n"
            )
            #expect(configured.status == 0)
            #expect(configured.output.hasPrefix(#"{"position":1,"#))
            let shown = try await server.run("call", "org.get", #"{"org":"a"}"#)
            #expect(shown.output.contains("\n  \"allowance\": 20,\n"))
            #expect(!shown.output.contains("\u{1B}"))
        }
    }

    @Test("Exit statuses: refused 1, wrong usage 2, no server 3")
    func statuses() async throws {
        try await TestServer.with { server in
            let refused = try await server.run("usage", "--org", "nobody", "--workspace", "w")
            #expect(refused.status == 1)
            #expect(refused.errors.hasPrefix("ledgerline: NOT_FOUND"))
            #expect(refused.output.isEmpty)
            let usage = try await server.run("call", "org.get", "[1]")
            #expect(usage.status == 2)
            #expect(try await server.run("call", "org.get", "{").status == 2)
        }
        #expect(try await runLedgerline("usage").status == 2)
        let unreachable = try await runLedgerline("call", "server.ping", "--server", "127.0.0.1:1")
        #expect(unreachable.status == 3)
        #expect(unreachable.errors.contains("is `ledgerline serve` running?"))
        // What can be found wrong without a server is said first.
        #expect(try await runLedgerline("call", "org.get", "{", "--server", "127.0.0.1:1").status == 2)
        let noFile = try await runLedgerline("import", "--org", "a", "missing.csv", "--server", "127.0.0.1:1")
        #expect(noFile.status == 1)
        #expect(noFile.errors.contains("missing.csv"), "\(noFile.errors)")
    }

    @Test("A token is not shown unencrypted beyond this machine, unless told so")
    func tokenBeyondThisMachine() async throws {
        try await TestServer.with { server in
            func call(_ host: String, _ options: String...) async throws -> LedgerlineProcess.Outcome {
                let address = server.address.replacing("127.0.0.1", with: host)
                let arguments = ["call", "server.info", "--server", address] + options
                return try await LedgerlineProcess(arguments, environment: ["LEDGERLINE_TOKEN": "ll_secret"]).outcome()
            }
            let refused = try await call("0.0.0.0")
            #expect(refused.status == 3 && refused.errors.contains("--tls") && refused.errors.contains("--insecure"))
            #expect(!refused.errors.contains("ll_secret"))
            // The server has seen it.
            for outcome in [try await call("0.0.0.0", "--insecure"), try await call("127.0.0.1")] {
                #expect(outcome.status == 1 && outcome.errors.contains("TOKEN_INVALID"))
            }
            #expect(try await call("0.0.0.0", "--insecure", "--tls").status == 2)
        }
    }

    @Test("usage, history: the numbers that were recorded")
    func usage() async throws {
        try await TestServer.with { server in
            _ = try await server.call(
                "usage.record",
                #"{"org":"\#(CommandTests.org)","workspace":"support","purpose":"inbox","calls":2918}"#
            )
            _ = try await server.call(
                "usage.record",
                #"{"org":"\#(CommandTests.org)","integration":"Dataloader","purpose":"other","calls":3072}"#
            )
            let workspace = try await server.run("usage", "--org", CommandTests.org, "--workspace", "support")
            #expect(workspace.output.contains("2,918 of 15,000 calls in 24 hours (19.4 %)"))
            #expect(workspace.output.contains("Used by others               3,072"))
            let org = try await server.run("usage", "--org", CommandTests.org)
            #expect(org.output.contains("5,990 of 15,000"))
            #expect(org.output.contains("support"))
            let history = try await server.run(
                "history",
                "--org",
                CommandTests.org,
                "--by",
                "workspace,integration,hour"
            )
            #expect(history.output.contains("5,990 calls, 0 uncounted"))
        }
    }

    @Test("mapping, bulk-sync, errors: a walk through all of their commands")
    func walk() async throws {
        try await TestServer.with { server in
            func run(_ arguments: String...) async throws -> String {
                let process = try LedgerlineProcess(
                    arguments + CommandTests.support,
                    environment: ["LEDGERLINE_SERVER": server.address]
                )
                let outcome = try await process.outcome()
                #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
                return outcome.output
            }
            #expect(
                try await run("mapping", "set", "lead", "email", "Email", "--direction", "intercom_to_salesforce")
                    == "saved\n"
            )
            #expect(try await run("mapping", "list").contains("email     →  Email"))
            #expect(try await run("bulk-sync", "start").hasSuffix("running\n"))
            let number =
                try await server.call("bulk_sync.get", #"{"org":"\#(CommandTests.org)","workspace":"support"}"#)["sync"]
                ?? ""
            _ = try await run(
                "bulk-sync",
                "progress",
                "--sync",
                "\(number)",
                "--total",
                "10",
                "--updated",
                "4",
                "--skipped",
                "1"
            )
            #expect(try await run("bulk-sync", "pause").contains("paused (operator)"))
            #expect(try await run("bulk-sync", "resume").contains("running"))
            #expect(try await run("bulk-sync", "get").contains("5 of 10"))
            #expect(
                try await run("mapping", "remove", "lead", "email", "--confirm").contains(
                    "bulk sync \(number) was stopped"
                )
            )
            #expect(try await run("bulk-sync", "list").contains("mapping changed"))
            #expect(try await run("errors") == "no sync errors\n")
            let error =
                try await server.call(
                    "sync_errors.report",
                    """
                    {"org":"\(CommandTests.org)","workspace":"support","direction":"intercom_to_salesforce",\
                    "sync_type":"event_sync","object":"lead","record":"1","code":"C","message":"m"}
                    """
                )["error"] ?? ""
            #expect(try await run("errors", "list").contains("event sync"))
            #expect(try await run("errors", "get", "\(error)").contains("\"message\": \"m\""))
            #expect(try await run("errors", "retry", "\(error)") == "error \(error): attempt 2 started\n")
        }
    }

    @Test("An active bulk sync that is in the way is named, with what to do")
    func activeBulkSync() async throws {
        try await TestServer.with { server in
            func refusal(_ arguments: String...) async throws -> String {
                let process = try LedgerlineProcess(
                    arguments + CommandTests.support,
                    environment: ["LEDGERLINE_SERVER": server.address]
                )
                let outcome = try await process.outcome()
                #expect(outcome.status == 1)
                return outcome.errors
            }
            let started = try await server.call(
                "bulk_sync.start",
                #"{"org":"\#(CommandTests.org)","workspace":"support"}"#
            )
            #expect(started["sync"] as? Int == 1)
            let saving = try await refusal(
                "mapping",
                "set",
                "lead",
                "email",
                "Email",
                "--direction",
                "intercom_to_salesforce"
            )
            #expect(saving.hasPrefix("ledgerline: bulk sync 1 is running\n"))
            #expect(saving.contains("pass --confirm"))
            #expect(!saving.contains("confirm:true"))
            let starting = try await refusal("bulk-sync", "start")
            #expect(
                starting
                    == "ledgerline: bulk sync 1 is running\n"
                    + "  wait until it is done, or end it with `ledgerline bulk-sync stop`\n"
            )
        }
    }

    @Test("tail: the log's own lines, until the server closes the stream")
    func tail() async throws {
        var tail: LedgerlineProcess?
        try await TestServer.with { server in
            _ = try await server.call("usage.record", #"{"org":"a","workspace":"w","purpose":"inbox"}"#)
            tail = try LedgerlineProcess([
                "tail", "--from", "start", "--json", "--no-reconnect", "--server", server.address,
            ])
            _ = try await server.call("usage.record", #"{"org":"a","workspace":"w","purpose":"inbox"}"#)
            // The first line shows that the stream runs; the rest is read when it ended.
            let first = try #require(tail).output.fileHandleForReading.availableData
            #expect(String(decoding: first, as: UTF8.self).hasPrefix(#"{"position":1,"#))
        }
        let outcome = try await #require(tail).outcome()
        #expect(outcome.status == 0)
    }
}

@Suite("Import and export")
struct ImportExportTests {
    private var sample: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../SalesforceTests/Resources/ApiTotalUsage.csv").path
    }

    @Test("Importing a file twice adds nothing")
    func importTwice() async throws {
        try await TestServer.with { server in
            func importSample() async throws -> [String: Any] {
                let outcome = try await server.run(
                    "import",
                    "--org",
                    "00D6YRJVWxOyLik",
                    "--workspace",
                    "support",
                    "--app",
                    "Intercom",
                    "--json",
                    sample
                )
                #expect(outcome.status == 0, "\(outcome.errors)")
                return try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
            }
            let first = try await importSample()
            #expect(first["rows"] as? Int == 9_999)
            #expect(first["counted"] as? Int == 8_950)
            #expect(first["recorded"] as? Int == 9_999)
            let second = try await importSample()
            #expect(second["recorded"] as? Int == 0)
            #expect(second["duplicates"] as? Int == 9_999)
            let history = try await server.run("history", "--org", "00D6YRJVWxOyLik", "--by", "workspace")
            #expect(history.output.contains("8,950 calls, 1,049 uncounted"))
            #expect(history.errors.contains("showing all there is"))
        }
    }

    @Test("Nothing of a file with a bad row is sent, unless bad rows are to be skipped")
    func badRows() async throws {
        try await TestServer.with { server in
            let file = server.directory.file("bad.csv")
            let rows = "TIMESTAMP_DERIVED,CONNECTED_APP_NAME\n2026-11-20T00:00:00Z,A\nnever,A\n2026-11-20T00:00:01Z,B\n"
            try Data(rows.utf8).write(to: URL(fileURLWithPath: file))
            let refused = try await server.run("import", "--org", "a", file)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("line 3, TIMESTAMP_DERIVED"))
            #expect((try await server.call("server.info")["head"] as? [String: Any])?["position"] as? Int == 0)
            let skipped = try await server.run("import", "--org", "a", "--skip-bad-rows", file)
            #expect(skipped.status == 0)
            #expect(skipped.output.contains("bad rows left out: 1"))
            #expect((try await server.call("server.info")["head"] as? [String: Any])?["position"] as? Int == 2)
        }
    }

    @Test("An export holds every event once, in order, and replaces nothing by itself")
    func export() async throws {
        try await TestServer.with { server in
            let calls = Array(repeating: "{}", count: 6_000).joined(separator: ",")
            for _ in 0..<2 {
                let params = #"{"org":"a","workspace":"w","purpose":"inbox","calls":[\#(calls)]}"#
                _ = try await server.run("call", "usage.record_batch", "-", input: params)
            }
            let file = server.directory.file("events.jsonl")
            let exported = try await server.run("export", "--output", file)
            #expect(exported.status == 0)
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            #expect(lines.count { $0.contains("api.called") } == 12_000)
            #expect(lines.enumerated().allSatisfy { $1.hasPrefix("{\"position\":\($0 + 1),") })
            #expect(try await server.run("export", "--output", file).status == 1)
            let part = try await server.run("export", "--from", "7", "--to", "8", "--format", "csv", "--output", "-")
            #expect(part.output.split(separator: "\r\n").count == 3)
        }
    }
}
