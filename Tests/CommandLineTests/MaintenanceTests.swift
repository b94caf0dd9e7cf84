import Foundation
import TestSupport
import Testing

@Suite("Maintenance")
struct MaintenanceTests {
    private func record(_ server: TestServer) async throws {
        let calls = Array(repeating: "{}", count: 5_000).joined(separator: ",")
        let params = #"{"org":"a","workspace":"w","purpose":"inbox","calls":[\#(calls)]}"#
        let outcome = try await server.run("call", "usage.record_batch", "-", input: params)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    private func head(_ server: TestServer) async throws -> String {
        let head = try await server.call("server.info")["head"] as? [String: Any]
        return "\(head?["position"] ?? "") \(head?["hash"] ?? "")"
    }

    @Test("verify, rebuild and compact leave the head what it was")
    func maintain() async throws {
        try await TestServer.with { server in
            try await record(server)
            let before = try await head(server)
            for command in [["verify"], ["rebuild"], ["compact", "--keep-events", "100"], ["verify"]] {
                let process = try LedgerlineProcess(command, environment: ["LEDGERLINE_SERVER": server.address])
                let outcome = try await process.outcome()
                #expect(outcome.status == 0, "\(command): \(outcome.errors)")
                #expect(!outcome.output.isEmpty)
            }
            #expect(try await head(server) == before)
        }
    }

    @Test("compact says why there is nothing to pack")
    func nothingToPack() async throws {
        try await TestServer.with { server in
            try await record(server)
            let outcome = try await server.run("compact")
            #expect(
                outcome.output.hasSuffix(
                    "nothing to pack: the newest 100,000 events stay as they are (--keep-events)\n"
                )
            )
        }
    }

    @Test("Without a server: the same on a data directory; what writes needs it for itself")
    func offline() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        #expect(try await runLedgerline("verify", "--data", data).status == 5)
        #expect(!FileManager.default.fileExists(atPath: data))
        try await TestServer.with(directoryAt: data) { server in
            try await record(server)
            // Reading is harmless beside a server, writing is not.
            #expect(try await runLedgerline("verify", "--data", data).status == 0)
            let used = try await runLedgerline("rebuild", "--data", data)
            #expect(used.status == 5)
            #expect(used.errors.contains("in use"))
        }
        for command in ["verify", "rebuild", "compact", "backup"] {
            let outcome = try await runLedgerline(command, "--data", data)
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
        }
        #expect(try await runLedgerline("verify", "--data", data, "--server", "127.0.0.1:1").status == 2)
    }

    @Test("A backup is restored into a new directory, whose server goes on where the backup ended")
    func backup() async throws {
        let restored = try TemporaryDirectory()
        let data = restored.file("data")
        var before = ""
        try await TestServer.with { server in
            try await record(server)
            before = try await head(server)
            #expect(try await server.run("backup", "copy.db").status == 0)
            let backup = server.directory.file("backups/copy.db")
            let outcome = try await runLedgerline("restore", backup, "--data", data)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try await runLedgerline("restore", backup, "--data", data).status == 5)
            #expect(
                try await runLedgerline("restore", restored.file("nothing"), "--data", restored.file("x")).status == 1
            )
        }
        #expect(try restored.permissions(of: "data/ledger.db") == 0o600)
        try await TestServer.with(directoryAt: data) { server in
            let after = try await head(server)
            #expect(after == before)
        }
    }

    @Test("A backup that was changed is not restored")
    func damagedBackup() async throws {
        try await TestServer.with { server in
            try await record(server)
            _ = try await server.run("backup", "copy.db")
            let backup = server.directory.file("backups/copy.db")
            var bytes = try Data(contentsOf: URL(fileURLWithPath: backup))
            let text = try #require(bytes.range(of: Data("inbox".utf8)))
            bytes.replaceSubrange(text, with: Data("other".utf8))
            try bytes.write(to: URL(fileURLWithPath: backup))
            let outcome = try await runLedgerline("restore", backup, "--data", server.directory.file("new"))
            #expect(outcome.status == 4)
            #expect(!FileManager.default.fileExists(atPath: server.directory.file("new")))
        }
    }
}

@Suite("Servers, load and the demo")
struct ProcessTests {
    @Test("serve writes its port, keeps others out of its directory, and ends on SIGTERM")
    func serve() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        let server = try LedgerlineProcess([
            "serve", "--data", data, "--listen", "127.0.0.1:0", "--port-file", directory.file("port"),
            "--unix", directory.file("socket"),
        ])
        // The first line on standard error comes when requests are answered.
        _ = server.errors.fileHandleForReading.availableData
        let port = try String(contentsOfFile: directory.file("port"), encoding: .utf8).dropLast()
        #expect(try await runLedgerline("call", "server.ping", "--server", "127.0.0.1:\(port)").status == 0)
        #expect(try await runLedgerline("call", "server.ping", "--unix", directory.file("socket")).status == 0)
        let second = try await runLedgerline("serve", "--data", data, "--listen", "127.0.0.1:0")
        #expect(second.status == 5)
        #expect(second.errors.contains("in use"))
        server.process.terminate()
        #expect(try await server.outcome().status == 0)
    }

    @Test("serve refuses to listen beyond loopback unless it is told to")
    func insecure() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await runLedgerline("serve", "--data", directory.file("data"), "--listen", "0.0.0.0:0")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("--insecure"))
    }

    @Test("The demo's day: a bulk sync pauses and goes on by itself, both warnings come, errors are resolved")
    func demo() async throws {
        // In 8 seconds a machine that is busy with all other tests did not get through the whole day.
        let outcome = try await runLedgerline("demo", "--seconds", "20", "--plain")
        #expect(outcome.status == 0, "\(outcome.errors)")
        for sentence in [
            "support is bulk paused now", "paused (quota)", "goes on by itself", "bulk sync #1 completed",
            "sales is sync paused now", "sales is exhausted now", "sales is normal now", "event-based sync runs again",
            "resolved", "stopped for good (settings changed)", "Salesforce reports",
        ] {
            #expect(outcome.output.contains(sentence), "no \"\(sentence)\" in \(outcome.output)")
        }
    }

    @Test("Completion scripts", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let outcome = try await runLedgerline("completions", shell)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("bulk-sync"))
        #expect(outcome.errors.hasPrefix("\(shell): put it"))
    }
}
