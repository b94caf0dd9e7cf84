import Foundation

/// An authority of one test and the certificates that it signs, made by the `openssl` command line.
package final class TestAuthority: Sendable {
    /// A certificate and its key, as files.
    package struct Pair: Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// From when to when a certificate is valid, as options of `openssl ca`.
    package enum Validity: String, Sendable {
        case now = "-days 30"
        case lastWeekOfMay2020 = "-startdate 20200525000000Z -enddate 20200601000000Z"
    }

    private let directory: TemporaryDirectory

    /// Its own certificate.
    package var certificate: String { directory.file("root.pem") }

    package init() throws {
        directory = try TemporaryDirectory()
        try run("\(TestAuthority.newKey) -x509 -days 30 -subj '/CN=Test authority' -keyout root.key -out root.pem")
        try Data().write(to: URL(fileURLWithPath: directory.file("index")))
        try Data(TestAuthority.configuration.utf8).write(to: URL(fileURLWithPath: directory.file("ca")))
    }

    /// Signs a certificate for a new key. The files of an earlier one of the same name are written over.
    @discardableResult
    package func issue(
        _ name: String,
        for subjects: String = "DNS:localhost,IP:127.0.0.1",
        valid: Validity = .now
    ) throws -> Pair {
        let request = "-subj '/CN=\(name)' -addext subjectAltName=\(subjects) -keyout \(name).key -out request"
        try run("\(TestAuthority.newKey) \(request)")
        let authority = "-config ca -cert root.pem -keyfile root.key"
        try run("openssl ca -batch -notext \(authority) \(valid.rawValue) -in request -out \(name).pem")
        return Pair(certificate: directory.file("\(name).pem"), key: directory.file("\(name).key"))
    }

    private func run(_ command: String) throws {
        _ = try Shell.run("cd '\(directory.path)' && \(command)")
    }

    private static let newKey = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"

    private static let configuration = """
        [ca]
        default_ca = test
        [test]
        database = index
        new_certs_dir = .
        rand_serial = yes
        default_md = sha256
        unique_subject = no
        copy_extensions = copy
        policy = test_policy
        [test_policy]
        commonName = supplied

        """
}
