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
        let files = directory.file("certificates")
        _ = try Shell.run("'\(TLSTests.tools)/certificates' '\(files)' localhost 127.0.0.1")
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

    @Test("SIGTERM waits for no handshake: not for one that was not begun, nor for the rest of one that was")
    func drainDuringHandshakes() throws {
        let server = try serve()
        // Less than a handshake may take, and than answers are waited for.
        let silent = try LineSocket(port: server.port, patience: 5)
        let halfway = try LineSocket(port: server.port, patience: 5)
        // The beginning of a ClientHello of 512 bytes.
        try halfway.send(bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03])
        // Taken after those two.
        #expect(try connect(server).ask(#"{"method":"server.health"}"#).contains("SERVING"))
        server.signal(SIGTERM)
        for socket in [silent, halfway] { _ = try socket.readToEnd() }
        #expect(try server.awaitEnd().status == 0)
    }

    @Test("Tools/start serves with certificates and tokens, and what it prints to paste is answered")
    func start() throws {
        try Witness.require("socat")
        let tools = TLSTests.tools
        let files = directory.file("certificates")
        _ = try Shell.run("'\(tools)/certificates' '\(files)' localhost 127.0.0.1")
        // In the place of what would build and install: what is built and installed.
        let stand = directory.file("bin")
        try FileManager.default.createDirectory(atPath: stand, withIntermediateDirectories: false)
        try program("\(stand)/dpkg-query", "printf installed")
        let built = URL(fileURLWithPath: LedgerlineProcess.executable).deletingLastPathComponent().path
        try program(
            "\(stand)/swift",
            """
            case "$*" in
                --version) echo 'Swift version 6.2' ;;
                *--show-bin-path) echo '\(built)' ;;
            esac
            """
        )
        // Its arguments are those of `ledgerline serve`.
        let instead = #"PATH='\#(stand)':"$PATH"; shift 2; exec '\#(tools)/start' "$@""#
        let server = try ServerProcess(
            directory.file("data"),
            ["--tls-certificate", "\(files)/server.pem", "--tls-key", "\(files)/server.key"],
            under: ["bash", "-c", instead, "bash"]
        )
        let pasted = try (1...3).map { _ in try server.awaitOutput("echo ") }
        let answers = try pasted.dropLast().map { try JSON(Shell.run($0)).result }
        #expect(answers[0].position == 1 && answers[1].used_by_workspace == 1)
        // It goes on until the server ends.
        let reading = "head -n 2 < <({ \(pasted[2]); } 2>/dev/null)"
        #expect(try Shell.run("bash", input: Array(reading.utf8)).contains(#""type":"api.called""#))
        #expect(try server.stop().status == 0)
    }

    private func program(_ path: String, _ body: String) throws {
        try Data("#!/bin/sh\n\(body)\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    }

    private static let tools = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Tools").standardized.path

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
