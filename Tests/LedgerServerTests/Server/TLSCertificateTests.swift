import EventSourcing
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing
import TransportSecurity

@testable import LedgerServer

@Suite struct TLSCertificateTests {
    private let authority: TestAuthority
    private let files: TLSFiles
    private let log = CapturedLog()
    private let clock = ManualClock(Timestamp("2020-05-10T00:00:00.000Z")!)

    init() throws {
        authority = try TestAuthority()
        let pair = try authority.issue("server", valid: .lastWeekOfMay2020)
        files = TLSFiles(certificate: pair.certificate, key: pair.key)
    }

    private func certificate() throws -> TLSCertificate {
        try TLSCertificate(files, now: { [clock] in clock.now }, logger: log.logger)
    }

    @Test func filesThatChangedAreReadAgain() throws {
        let certificate = try certificate()
        #expect(certificate.notAfter.description == "2020-06-01T00:00:00.000Z")
        let first = certificate.context
        certificate.refresh()
        #expect(certificate.context === first)
        try authority.issue("server")
        certificate.refresh()
        #expect(certificate.context !== first)
        #expect(certificate.notAfter > Timestamp("2026-01-01T00:00:00.000Z")!)
        #expect(log.lines.last?.hasPrefix("notice: \(files.certificate) is served to new connections") == true)
    }

    /// Certificate and key are never replaced at the same instant.
    @Test func filesThatCannotBeUsedLeaveTheCertificateAsItIs() throws {
        let certificate = try certificate()
        let first = certificate.context
        let key = try Data(contentsOf: URL(fileURLWithPath: files.key))
        try FileManager.default.removeItem(atPath: files.key)
        certificate.refresh()
        #expect(certificate.context === first)
        #expect(log.lines.last?.hasPrefix("error: \(files.key) cannot be read: no such file or directory") == true)
        certificate.refresh()
        #expect(log.lines.count == 1)
        try key.write(to: URL(fileURLWithPath: files.key))
        certificate.refresh()
        #expect(certificate.context !== first)
    }

    @Test func theLastDaysOfACertificateAreWarnedOfOnceADay() throws {
        let certificate = try certificate()
        #expect(log.lines.isEmpty)
        clock.now = Timestamp("2020-05-18T01:00:00.000Z")!
        for _ in 0..<3 { certificate.refresh() }
        #expect(log.lines == ["warning: the certificate in \(files.certificate) ends at 2020-06-01T00:00:00.000Z"])
        clock.now = Timestamp("2020-05-19T01:00:00.000Z")!
        for _ in 0..<3 { certificate.refresh() }
        #expect(log.lines.count == 2)
    }

    @Test(
        arguments: [
            "is empty", "cannot be read", "is longer than", "holds no certificate", "holds no private key",
            "holds a certificate of a kind", "is not the key",
        ]
    )
    func aFileThatCannotBeUsedIsNamed(_ reason: String) throws {
        let directory = try TemporaryDirectory()
        var files = files
        switch reason {
        case "is empty": files.certificate = "/dev/null"
        case "cannot be read": files.certificate = directory.file("missing")
        case "is longer than": files.certificate = "/dev/zero"
        case "holds a certificate of a kind": files.certificate = try certificateOfAnUnusableKind(in: directory)
        case "holds no certificate": files.certificate = files.key
        case "holds no private key": files.key = files.certificate
        default: files.key = try authority.issue("other").key
        }
        let error = #expect(throws: PEMFileError.self) { try TLSCredentials(files) }
        #expect(error?.reason.hasPrefix(reason) == true, "\(error?.reason ?? "")")
        #expect(error?.path == (reason.contains("key") ? files.key : files.certificate))
    }

    /// Its curve is none of TLS's.
    private func certificateOfAnUnusableKind(in directory: TemporaryDirectory) throws -> String {
        let file = directory.file("certificate.pem")
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:secp256k1"
        _ = try Shell.run("openssl req -x509 \(curve) -nodes -subj /CN=server -keyout /dev/null -out '\(file)'")
        return file
    }
}

/// What was logged, each line with its level.
private final class CapturedLog: Sendable {
    private let entries = Mutex<[String]>([])

    var lines: [String] { entries.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { [self] _ in Handler(log: self) }
    }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(log: CapturedLog) {
            self.log = log
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.entries.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}
