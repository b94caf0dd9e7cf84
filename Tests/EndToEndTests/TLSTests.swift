import Foundation
import TestSupport
import Testing

@Suite("serve with a certificate", .ownThreads)
struct TLSTests {
    private static let secret = "not for the log"

    private let directory: TemporaryDirectory
    private let authority: TestAuthority
    private let pair: TestAuthority.Pair

    init() throws {
        try Witness.require("openssl")
        directory = try TemporaryDirectory()
        authority = try TestAuthority()
        pair = try authority.issue("server")
    }

    private func serve(_ options: String...) throws -> ServerProcess {
        try ServerProcess(
            directory.file("data"),
            ["--tls-certificate", pair.certificate, "--tls-key", pair.key] + options
        )
    }

    private func connect(_ server: ServerProcess, _ options: String...) throws -> OpenSSLClient {
        try OpenSSLClient(port: server.port, trusting: authority, options)
    }

    /// What `openssl s_client` has to say of a handshake; throws when none came about.
    @discardableResult
    private func shakeHands(_ server: ServerProcess, _ options: String...) throws -> String {
        try Shell.run("\(OpenSSLClient.command(port: server.port, trusting: authority, options)) </dev/null")
    }

    /// The number of the certificate that a new connection gets.
    private func serial(_ server: ServerProcess) throws -> String {
        try Shell.run("openssl x509 -noout -serial", input: Array(shakeHands(server).utf8))
    }

    @Test("openssl agrees on the certificate, speaks TLS 1.3 and 1.2 and nothing older, and is answered")
    func witness() throws {
        let server = try serve()
        for version in ["-tls1_3", "-tls1_2"] {
            let answer = try connect(server, version).ask(#"{"method":"server.info"}"#)
            #expect(try JSON(answer).result.tls.not_after.text?.hasSuffix("Z") == true)
        }
        #expect(throws: Shell.Failure.self) { try shakeHands(server, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0") }
        #expect(try serial(server) == Shell.run("openssl x509 -noout -serial -in '\(pair.certificate)'"))
    }

    @Test("SIGHUP serves a new certificate to new connections; the open ones live on; a bad one changes nothing")
    func reload() throws {
        let server = try serve()
        let first = try serial(server)
        let open = try connect(server)
        let request = #"{"method":"server.health"}"#
        #expect(try open.ask(request).contains("SERVING"))

        try authority.issue("server")
        server.signal(SIGHUP)
        _ = try server.awaitLog("is served to new connections")
        let second = try serial(server)
        #expect(second != first)
        #expect(try open.ask(request).contains("SERVING"))

        try Data(TLSTests.secret.utf8).write(to: URL(fileURLWithPath: pair.key))
        server.signal(SIGHUP)
        let complaint = try server.awaitLog("error")
        #expect(complaint.contains("\(pair.key) holds no private key"))
        #expect(!complaint.contains(TLSTests.secret))
        #expect(try serial(server) == second)
        #expect(try open.ask(request).contains("SERVING"))
        // The open connection does not hold up the end.
        #expect(try server.stop().status == 0)
    }

    @Test("socat encrypts for people: what it sent before its input ended is answered")
    func halfClose() throws {
        try Witness.require("socat")
        let server = try serve()
        let request = #"{"method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}}"#
        let answers = try Shell.run(
            "socat -t 30 - 'OPENSSL:localhost:\(server.port),cafile=\(authority.certificate)'",
            input: Array(Array(repeating: request + "\n", count: 500).joined().utf8)
        ).split(separator: "\n")
        #expect(answers.count == 500)
        #expect(try JSON(answers.last.map(String.init) ?? "").result.position == 500)
    }

    @Test("Tools/certificates makes what a server and its clients need")
    func ownAuthority() async throws {
        let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../Tools/certificates"
        )
        let files = directory.file("certificates")
        _ = try Shell.run("'\(tool.path)' '\(files)' localhost 127.0.0.1")
        let trust = ["--tls-ca", "\(files)/root.pem"]
        let server = try ServerProcess(
            directory.file("data"),
            ["--tls-certificate", "\(files)/server.pem", "--tls-key", "\(files)/server.key"]
                + ["--tls-client-ca", "\(files)/root.pem"]
        )
        let identity = ["--tls-certificate", "\(files)/client.pem", "--tls-key", "\(files)/client.key"]
        #expect(try await server.run(["call", "server.ping"] + trust + identity).status == 0)
        #expect(try await server.run(["call", "server.ping"] + trust).status == 3)
    }

    @Test("Files that cannot be used are refused at start and named, and no data directory is made")
    func unusable() throws {
        let other = try authority.issue("other")
        let refused = try #require(throws: ServerProcess.NotServing.self) {
            try ServerProcess(
                directory.file("data"),
                ["--tls-certificate", pair.certificate, "--tls-key", other.key]
            )
        }
        #expect(refused.status == 1)
        #expect(refused.log.contains("\(other.key) is not the key of \(pair.certificate)"), "\(refused.log)")
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
    }

    @Test("Beyond loopback with tokens; the Unix socket is not encrypted, and takes none")
    func beyondLoopback() throws {
        let socket = directory.file("socket")
        let server = try serve("--listen", "0.0.0.0:0", "--unix", socket, "--require-tokens")
        #expect(try serial(server).hasPrefix("serial="))
        try Witness.require("nc")
        #expect(try Shell.run("echo '{\"method\":\"server.health\"}' | nc -N -U '\(socket)'").contains("SERVING"))
    }

    @Test("Who speaks plainly to a TLS port, or TLS to a plain one, is told so and closed")
    func mismatch() throws {
        let encrypted = try serve()
        let socket = try encrypted.connect()
        try socket.send(#"{"method":"server.ping"}"#)
        #expect(try JSON(socket.readToEnd()).error.data.reason == "TLS_ONLY")
        let plain = try ServerProcess(directory.file("plain"))
        let client = try plain.connect()
        try client.send(bytes: [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00])
        #expect(try JSON(client.readToEnd()).error.data.reason == "NO_TLS")
        #expect(throws: Shell.Failure.self) { try shakeHands(plain) }
    }
}
