import Foundation
import TestSupport
import Testing

/// `verify` with `--head`, `--expect` and `--against`: whether a ledger is the one that it was.
@Suite("Proofs that a ledger is the same")
struct ComparisonTests {
    private func record(_ server: TestServer, calls: Int = 3) async throws {
        for _ in 0..<calls {
            let outcome = try await server.run(
                "call",
                "usage.record",
                #"{"org":"a","workspace":"w","purpose":"inbox"}"#
            )
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    /// Three events and a backup of them, then two more.
    private func withBackup(_ body: (TestServer, _ backup: String) async throws -> Void) async throws {
        try await TestServer.with { server in
            try await record(server)
            #expect(try await server.run("backup", "copy.db").status == 0)
            try await record(server, calls: 2)
            try await body(server, server.directory.file("backups/copy.db"))
        }
    }

    @Test("A head that was printed is expected later, with a server and without, compacted or not")
    func expectedHead() async throws {
        try await withBackup { server, _ in
            let early = try await server.run("verify", "--head").output.trimmingCharacters(in: .newlines)
            #expect(early.hasPrefix("5:"))
            try await record(server)
            #expect(try await server.run("compact", "--keep-events", "0").status == 0)
            let data = server.directory.path
            for outcome in [
                try await server.run("verify", "--expect", early),
                try await runLedgerline("verify", "--data", data, "--expect", early),
            ] {
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output.contains("expected   ok: \(early)"))
            }
            let offline = try await runLedgerline("verify", "--data", data, "--head")
            #expect(try await server.run("verify", "--head").output == offline.output)
        }
    }

    @Test("A cut-off end and another log are found by a head that was noted")
    func unexpectedHead() async throws {
        try await withBackup { server, backup in
            let head = try await server.run("verify", "--head").output.trimmingCharacters(in: .newlines)
            let cut = try await runLedgerline("verify", "--log-only", "--data", backup, "--expect", head)
            #expect(cut.status == 4)
            #expect(cut.errors.contains("the log ends at position 3, but it went on to 5 once"), "\(cut.errors)")
            let other = "5:" + String(repeating: "0", count: 64)
            for arguments in [["--data", server.directory.path], ["--server", server.address]] {
                let outcome = try await LedgerlineProcess(["verify", "--expect", other] + arguments).outcome()
                #expect(outcome.status == 4)
                #expect(outcome.errors.contains("this is another log"), "\(outcome.errors)")
            }
            #expect(try await server.run("verify", "--expect", "5").status == 2)
            #expect(try await server.run("verify", "--head", "--expect", head).status == 2)
        }
    }

    @Test("A backup is the beginning of the ledger, with a server and without; a restored one too")
    func beginning() async throws {
        try await withBackup { server, backup in
            let online = try await server.run("verify", "--log-only", "--against", backup)
            #expect(online.status == 0, "\(online.errors)")
            #expect(online.output.contains("the same up to position 3, where \(backup) ends"), "\(online.output)")
            let data = server.directory.path
            let offline = try await runLedgerline("verify", "--data", data, "--against", backup)
            #expect(offline.status == 0, "\(offline.errors)")
            #expect(offline.output.contains("\(data) goes on to 5"), "\(offline.output)")
            let turned = try await runLedgerline("verify", "--data", backup, "--log-only", "--json", "--against", data)
            #expect(turned.output.contains(#""verdict":"beginning_of_other","compared_from":1,"same_through":3"#))

            let restored = server.directory.file("restored")
            #expect(try await runLedgerline("restore", backup, "--data", restored).status == 0)
            try await TestServer.with(directoryAt: restored) { older in
                let outcome = try await older.run("verify", "--log-only", "--against", data)
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(outcome.output.contains("the same up to position 3, where the server ends"))
                // It goes another way now.
                try await record(older, calls: 1)
                let other = try await older.run("verify", "--log-only", "--against", data)
                #expect(other.status == 4)
                #expect(other.errors.contains("differ"), "\(other.errors)")
            }
            let different = try await runLedgerline("verify", "--data", restored, "--log-only", "--against", data)
            #expect(different.status == 4)
            #expect(different.output.contains("the same up to position 3, then:"), "\(different.output)")
            #expect(different.output.contains("\(restored): {\"position\":4,"), "\(different.output)")
            #expect(different.errors.contains("differ from position 4 on"), "\(different.errors)")
        }
    }

    @Test("What is no ledger cannot be compared; a damaged one is named")
    func noLedger() async throws {
        try await withBackup { server, backup in
            let data = server.directory.path
            #expect(try await runLedgerline("verify", "--data", data, "--against", "\(backup).no").status == 5)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: backup))
            let text = try #require(bytes.range(of: Data("inbox".utf8)))
            var changed = bytes
            changed.replaceSubrange(text, with: Data("other".utf8))
            try changed.write(to: URL(fileURLWithPath: backup))
            let damaged = try await runLedgerline("verify", "--data", data, "--against", backup)
            #expect(damaged.status == 4)
            #expect(damaged.errors.contains("\(backup) is damaged at position"), "\(damaged.errors)")
        }
    }

    @Test("A ledger that a server is using, or that was killed, is restored with what its WAL holds")
    func restoreOfARunningLedger() async throws {
        try await withBackup { server, _ in
            let restored = server.directory.file("restored")
            let outcome = try await runLedgerline("restore", server.directory.file("ledger.db"), "--data", restored)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let heads = [
                try await runLedgerline("verify", "--data", restored, "--head").output,
                try await server.run("verify", "--head").output,
            ]
            #expect(heads[0] == heads[1])
        }
    }
}
