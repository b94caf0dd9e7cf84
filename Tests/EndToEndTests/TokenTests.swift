import Foundation
import TestSupport
import Testing

/// Tokens as people meet them: on the command line, over TLS from another program, through the Unix socket, in the files.
@Suite("Tokens", .ownThreads)
struct TokenTests {
    private let directory: TemporaryDirectory
    private var data: String { directory.file("data") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Runs a command that has to succeed; gives what it printed.
    @discardableResult
    private func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> String {
        let outcome = try await LedgerlineProcess(arguments, environment: environment).outcome()
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    private func file(_ name: String, holding text: String) throws -> String {
        try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: directory.file(name)))
        return directory.file(name)
    }

    private static func id(of token: String) -> String { String(token.dropFirst(3).prefix(16)) }

    @Test(
        "Made before the first start, shown by the command line and by openssl beyond loopback, revoked while streaming"
    )
    func wholeLife() async throws {
        try Witness.require("openssl")
        let authority = try TestAuthority()
        let pair = try authority.issue("server")
        let beyond = ["--tls-certificate", pair.certificate, "--tls-key", pair.key, "--listen", "0.0.0.0:0"]

        // With TLS, and without a token: nobody could be told apart.
        let refused = try #require(throws: ServerProcess.NotServing.self) { try ServerProcess(data, beyond) }
        #expect(refused.status == 1 && refused.log.contains("ledgerline token create"), "\(refused.log)")

        let admin = try await run("token", "create", "--data", data, "--role", "admin", "--expires", "90d")
        #expect(admin.wholeMatch(of: /ll_[0-9a-f]{16}_[0-9a-f]{64}/) != nil)
        let adminFile = try file("admin", holding: admin)
        let server = try ServerProcess(data, beyond)
        let address = ["--server", "localhost:\(server.port)", "--tls-ca", authority.certificate]

        func ask(_ arguments: String..., token: [String]) async throws -> LedgerlineProcess.Outcome {
            try await LedgerlineProcess(arguments + address + token).outcome()
        }
        let nobody = try await ask("call", "server.info", token: [])
        #expect(nobody.status == 1 && nobody.errors.contains("UNAUTHENTICATED (TOKEN_REQUIRED)"))
        let byFile = ["--token-file", adminFile]
        #expect(try await ask("call", "server.info", token: byFile).status == 0)
        let made = try await ask(
            "token",
            "create",
            "--role",
            "recorder",
            "--org",
            "acme",
            "--workspace",
            "sales",
            "--expires",
            "never",
            token: byFile
        )
        let recorder = made.output.trimmingCharacters(in: .newlines)
        #expect(made.errors.contains("recorder of acme/sales, until it is revoked"))
        let recorderFile = try file("recorder", holding: recorder)

        let client = try OpenSSLClient(port: server.port, trusting: authority, [])
        #expect(try client.ask(#"{"method":"auth","params":{"token":"\#(recorder)"}}"#).contains(#""role":"recorder""#))
        let call = #"{"method":"usage.record","params":{"org":"acme","workspace":"sales","purpose":"inbox"}}"#
        #expect(try client.ask(call).contains(#""position":1"#))
        let other = call.replacing("sales", with: "support")
        #expect(try client.ask(other).contains("OUT_OF_SCOPE"))
        #expect(try client.ask(#"{"method":"events.stream"}"#).contains(#""control":"streaming""#))

        let wrong = try file("wrong", holding: String(recorder.dropLast()) + (recorder.last == "0" ? "1" : "0"))
        #expect(try await ask("call", "server.info", token: ["--token-file", wrong]).errors.contains("TOKEN_INVALID"))
        #expect(try await ask("token", "revoke", Self.id(of: recorder), token: byFile).output == "revoked\n")
        var last = try client.readLine()
        while last?.contains(#""control":"caught_up""#) == true { last = try client.readLine() }
        #expect(last?.contains(#""control":"closing""#) == true, "\(last ?? "nothing")")
        #expect(
            try await ask("tail", "--json", token: ["--token-file", recorderFile]).errors.contains("TOKEN_INVALID")
        )

        let list = try await ask("token", "list", token: byFile).output
        #expect(list.contains("acme/sales") && list.contains("revoked") && list.contains("everything"))
        let audit = try await ask("token", "audit", token: byFile).output
        for event in [
            "token.created", "token.revoked", "wrong, 1×", "from 127.0.0.1", "by unix",
            "by token \(Self.id(of: admin))",
        ] {
            #expect(audit.contains(event), "\(event) in \(audit)")
        }
        let json = try await ask("token", "audit", "--json", token: byFile).output
        #expect(try JSON(json).events.elements.count >= 5)

        // Nobody's secret is in what the server said, nor in its files, nor in what anybody was told.
        let end = try server.stop()
        #expect(end.status == 0)
        let told = [server.startLog, end.log, list, audit, json]
        let files = try Shell.run("find '\(data)' -type f | xargs cat")
        for token in [admin, recorder] {
            for text in told + [files] { #expect(!text.contains(token.suffix(64))) }
        }
    }

    @Test("The Unix socket is its owner's; TCP beside it is closed from the first token on, and after a restart")
    func unixSocket() async throws {
        try Witness.require("nc")
        let socket = directory.file("socket")
        var server = try ServerProcess(data, ["--unix", socket])
        #expect(try server.answer("server.info").result.name == "ledgerline")
        let token = try await run("token", "create", "--unix", socket, "--role", "reader", "--expires", "1h")
        #expect(try server.answer("server.info").error.data.reason == "TOKEN_REQUIRED")
        let list = try Shell.run("echo '{\"method\":\"token.list\"}' | nc -N -U '\(socket)'")
        #expect(list.contains(#""created_by":{"token":null,"peer":"unix"}"#))
        try await run("token", "revoke", Self.id(of: token), "--unix", socket)
        try server.stop()
        server = try ServerProcess(data)
        #expect(try server.answer("server.info").error.data.reason == "TOKEN_REQUIRED")
    }

    @Test("Maintenance of a data directory needs no token, and opens no door meanwhile")
    func offline() async throws {
        try await run("token", "create", "--data", data, "--role", "reader", "--expires", "2999-01-01")
        try await run("backup", "copy.db", "--data", data)
        try await run("compact", "--data", data)
        try await run("rebuild", "--data", data)
        let audit = try await run("token", "audit", "--data", data)
        #expect(audit.contains("reader of everything, by unix"))
        // The access log is a ledger's log by its form, and checked as one.
        try await run("verify", "--log-only", "--data", data + "/access")
        // A backup gives nothing of it away.
        try await run("restore", "\(data)/backups/copy.db", "--data", directory.file("restored"))
        #expect(!FileManager.default.fileExists(atPath: directory.file("restored/access")))
        let server = try ServerProcess(data)
        let second = try await LedgerlineProcess(["token", "list", "--data", data]).outcome()
        #expect(second.status == 5, "\(second.errors)")
        #expect(try server.answer("server.health").result.status == "SERVING")
    }

    @Test("The environment and a file hold the token; the command line does not take it")
    func environment() async throws {
        let server = try ServerProcess(data)
        try server.ask("usage.record", #"{"org":"acme","workspace":"sales","purpose":"inbox"}"#)
        let address = ["--server", server.address]
        let created = try await LedgerlineProcess(
            ["token", "create", "--role", "reader", "--expires", "never"] + address
        ).outcome()
        let token = created.output.trimmingCharacters(in: .newlines)
        let path = try file("token", holding: token)
        for environment in [["LEDGERLINE_TOKEN": token], ["LEDGERLINE_TOKEN_FILE": path]] {
            let outcome = try await LedgerlineProcess(["call", "org.list"] + address, environment: environment)
                .outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        #expect(try await LedgerlineProcess(["call", "org.list", "--token", token] + address).outcome().status == 2)
        for (name, text) in [("empty", ""), ("two", token + " " + token)] {
            let bad = try file(name, holding: text)
            let outcome = try await LedgerlineProcess(["call", "org.list", "--token-file", bad] + address).outcome()
            #expect(outcome.status == 2 && outcome.errors.contains(bad) && !outcome.errors.contains(token.suffix(64)))
        }
        // Who measures shows it once for each connection.
        let admin = try file("admin", holding: token)
        let bench = ["bench", "--stream", "--token-file", admin] + address
        #expect(try await LedgerlineProcess(bench).outcome().status == 0)
    }

    @Test("An older access log in the place of the newest lets nobody in; its head, noted elsewhere, proves the same")
    func olderLog() async throws {
        let files = FileManager.default
        let (access, copy) = (data + "/access", directory.file("copy"))
        let token = try await run("token", "create", "--data", data, "--role", "admin", "--expires", "90d")
        try files.copyItem(atPath: access, toPath: copy)
        try await run("token", "revoke", Self.id(of: token), "--data", data)
        let head = try await run("verify", "--head", "--data", access)
        #expect(try head + "\n" == String(contentsOfFile: access + ".head", encoding: .utf8))
        try await run("verify", "--log-only", "--data", access, "--expect", head)

        try files.removeItem(atPath: access)
        try files.copyItem(atPath: copy, toPath: access)
        let proof = try await LedgerlineProcess(["verify", "--log-only", "--data", access, "--expect", head]).outcome()
        #expect(proof.status == 4 && proof.errors.contains("went on to 2 once"), "\(proof.errors)")
        let refusal = try #require(throws: ServerProcess.NotServing.self) { try ServerProcess(data) }
        #expect(refusal.status == 4)
        #expect(refusal.log.contains("in access/, the log ends at position 1, but it went on to 2"))
        #expect(refusal.log.contains("--accept-shorter-log, which revokes all tokens"), "\(refusal.log)")
        #expect(try await LedgerlineProcess(["token", "list", "--data", data]).outcome().status == 4)

        let server = try ServerProcess(data, ["--accept-shorter-log"])
        #expect(server.startLog.contains("accepted: in access/") && server.startLog.contains("all tokens are revoked"))
        let ask = #"{"method":"server.info","token":"\#(token)"}"#
        #expect(try JSON(server.connect().ask(ask)).error.data.reason == "TOKEN_INVALID")
        try server.stop()
        #expect(try await run("token", "audit", "--data", data).contains("all tokens were revoked"))
        let again = try await run("token", "create", "--data", data, "--role", "admin", "--expires", "90d")
        let reopened = try ServerProcess(data)
        let asked = #"{"method":"server.info","token":"\#(again)"}"#
        #expect(try JSON(reopened.connect().ask(asked)).result.name == "ledgerline")
    }
}
