import Foundation
import LedgerClient
import LedgerServer
import LineJSON
import TestSupport
import Testing

@Suite("Encrypted connections")
struct TLSTests {
    private let authority: TestAuthority
    private let stranger: TestAuthority

    init() throws {
        authority = try TestAuthority()
        stranger = try TestAuthority()
    }

    private func files(_ pair: TestAuthority.Pair, clientAuthorities: String? = nil) -> TLSFiles {
        TLSFiles(certificate: pair.certificate, key: pair.key, clientAuthorities: clientAuthorities)
    }

    /// Expects that `ledgerline call server.ping` is done, or fails with a message that holds this text.
    private func call(
        _ server: TestServer,
        host: String = "localhost",
        _ options: [String],
        failsWith text: String? = nil,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let arguments = ["call", "server.ping", "--server", "\(host):\(server.server.port)"] + options
        let outcome = try await LedgerlineProcess(arguments).outcome()
        #expect(outcome.status == (text == nil ? 0 : 3), sourceLocation: location)
        #expect(text.map(outcome.errors.contains) ?? outcome.errors.isEmpty, sourceLocation: location)
    }

    @Test("Calls and streams, with the name or the address of the server", arguments: ["localhost", "127.0.0.1"])
    func roundTrip(host: String) async throws {
        let pair = try authority.issue("server")
        try await TestServer.with(tls: files(pair)) { server in
            let configuration = ClientConfiguration(tls: ClientTLS(authoritiesFile: authority.certificate))
            let address = ServerAddress.tcp(host: host, port: server.server.port)
            let client = try await LedgerClient.connect(to: address, configuration: configuration)
            for count in 1...300 {
                let reply = try await client.call("usage.record") { params in
                    params.member("org", "acme")
                    params.member("integration", String(repeating: "x", count: 1 + count % 128))
                    params.member("purpose", "other")
                }
                let position = try reply.withValue { $0["position"]?.integer }
                #expect(position == Int64(count))
            }
            await client.close()
            let positions = try await withEventStream(
                to: address,
                EventStreamRequest(from: .start),
                configuration: configuration
            ) { lines in
                var positions: [Int64] = []
                for try await line in lines {
                    if case .event(let event) = line { positions.append(event.position) }
                    if case .control(let control) = line, control.name == "caught_up" { break }
                }
                return positions
            }
            #expect(positions == Array(1...300))
        }
    }

    @Test("Who cannot be trusted is not talked to, and the reason is told")
    func distrust() async throws {
        let (server, ended, other) = try (
            authority.issue("server"), authority.issue("ended", valid: .lastWeekOfMay2020),
            authority.issue("other", for: "DNS:elsewhere.example")
        )
        let trust = ["--tls-ca", authority.certificate]
        try await TestServer.with(tls: files(server)) { server in
            try await call(server, trust)
            try await call(server, ["--tls"], failsWith: "no authority that is trusted here")
            let foreign = ["--tls-ca", stranger.certificate]
            try await call(server, foreign, failsWith: "no authority that is trusted here signed")
            try await call(server, [], failsWith: "connections to this port are encrypted")
            try await call(server, ["--tls-ca", "/nowhere"], failsWith: "/nowhere cannot be read")
        }
        try await TestServer.with(tls: files(ended)) { server in
            try await call(server, trust, failsWith: "certificate ended at 2020-06-01T00:00:00Z")
        }
        try await TestServer.with(tls: files(other)) { server in
            try await call(server, trust, failsWith: "for another name")
            try await call(server, host: "127.0.0.1", trust, failsWith: "for another name")
            try await call(server, trust + ["--tls-server-name", "elsewhere.example"])
        }
        try await TestServer.with { server in
            try await call(server, trust, failsWith: "does not speak TLS")
        }
    }

    @Test("Client certificates: shown, left out, signed by a stranger")
    func clientCertificates() async throws {
        let (pair, client) = try (authority.issue("server"), authority.issue("client", for: "DNS:client"))
        let foreign = try stranger.issue("client", for: "DNS:client")
        try await TestServer.with(tls: files(pair, clientAuthorities: authority.certificate)) { server in
            let trust = ["--tls-ca", authority.certificate]
            func show(_ pair: TestAuthority.Pair) -> [String] {
                trust + ["--tls-certificate", pair.certificate, "--tls-key", pair.key]
            }
            try await call(server, show(client))
            try await call(server, trust, failsWith: "wants a client certificate")
            try await call(server, show(foreign), failsWith: "client certificate")
            let mixed = TestAuthority.Pair(certificate: client.certificate, key: pair.key)
            try await call(server, show(mixed), failsWith: "is not the key of")
        }
    }

    @Test("The environment stands in for the options; a data directory is served to the command itself, without")
    func environment() async throws {
        let pair = try authority.issue("server")
        try await TestServer.with(tls: files(pair)) { server in
            let environment = [
                "LEDGERLINE_SERVER": "localhost:\(server.server.port)", "LEDGERLINE_TLS_CA": authority.certificate,
            ]
            #expect(try await runLedgerline("call", "server.ping", environment: environment).status == 0)
            let directory = try TemporaryDirectory()
            try await TestServer.with(directoryAt: directory.path) { _ in }
            #expect(try await runLedgerline("rebuild", "--data", directory.path, environment: environment).status == 0)
        }
    }
}
