import ArgumentParser
import Foundation
import LedgerClient

/// Whether and how a command encrypts its connection.
struct TLSOptions: ParsableArguments {
    @Flag(name: .long, help: "Encrypt the connection. The other --tls options imply it. (default: $LEDGERLINE_TLS)")
    var tls = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Trust the authorities in this PEM file, not the system's. (default: $LEDGERLINE_TLS_CA)",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsCa: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The client certificate to show, in PEM. (default: $LEDGERLINE_TLS_CERTIFICATE)",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsCertificate: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The key of the client certificate. (default: $LEDGERLINE_TLS_KEY)", valueName: "file"),
        completion: .file()
    )
    var tlsKey: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name in the server's certificate, where it is not the host's. (default: $LEDGERLINE_TLS_SERVER_NAME)",
            valueName: "name"
        )
    )
    var tlsServerName: String?

    @Flag(
        name: .long,
        help: "Show a token unencrypted beyond this machine too: only where the network in between is trusted."
    )
    var insecure = false

    func validate() throws {
        guard !insecure || clientTLS == nil else {
            throw ValidationError("--insecure is for connections that are not encrypted.")
        }
        // Half of it from the environment would silently be none.
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw ValidationError("--tls-certificate and --tls-key belong together.")
        }
    }

    /// Whether nothing about encryption was said on the command line.
    var isDefault: Bool {
        !tls && !insecure && [tlsCa, tlsCertificate, tlsKey, tlsServerName].allSatisfy { $0 == nil }
    }

    /// nil: the connection is not encrypted.
    var clientTLS: ClientTLS? {
        let options = ClientTLS(
            authoritiesFile: tlsCa ?? Environment.text("LEDGERLINE_TLS_CA"),
            serverName: tlsServerName ?? Environment.text("LEDGERLINE_TLS_SERVER_NAME"),
            identity: identity
        )
        let isWanted = tls || options != ClientTLS() || Environment.text("LEDGERLINE_TLS") != nil
        return isWanted ? options : nil
    }

    private var identity: ClientTLS.Identity? {
        guard let certificateFile, let keyFile else { return nil }
        return ClientTLS.Identity(certificateFile: certificateFile, keyFile: keyFile)
    }

    private var certificateFile: String? { tlsCertificate ?? Environment.text("LEDGERLINE_TLS_CERTIFICATE") }
    private var keyFile: String? { tlsKey ?? Environment.text("LEDGERLINE_TLS_KEY") }
}

/// The variables that stand in for options.
enum Environment {
    /// nil where it is not set, or empty.
    static func text(_ name: String) -> String? {
        guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else { return nil }
        return text
    }
}
