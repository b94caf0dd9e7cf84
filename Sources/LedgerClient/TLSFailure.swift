import Foundation
import NIOSSL

/// Why a connection could not be encrypted, in a few words for people.
struct TLSFailure: Error {
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    /// - Parameter serverCertificate: what the server showed, if it came to that.
    init(_ error: any Error, serverCertificate: NIOSSLCertificate? = nil) {
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self.init("the server's certificate is for another name")
        case NIOSSLError.handshakeFailed(let error), NIOSSLError.shutdownFailed(let error):
            self.init(error, serverCertificate: serverCertificate)
        case BoringSSLError.sslError(let stack):
            let codes = stack.map { "\($0)" }.joined(separator: " ")
            self.init(TLSFailure.reason(codes, serverCertificate) ?? TLSFailure.unknown)
        case NIOSSLError.uncleanShutdown:
            self.init("it was cut off")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            self.init(TLSFailure.unknown)
        default:
            self.init(connectionFailureText(error))
        }
    }

    private static let unknown = "the TLS connection failed"

    /// BoringSSL's errors have names, and no constants here.
    private static func reason(_ codes: String, _ serverCertificate: NIOSSLCertificate?) -> String? {
        if codes.contains("CERTIFICATE_VERIFY_FAILED") { return distrust(of: serverCertificate) }
        return words.first { code, _ in codes.contains(code) }?.reason
    }

    private static let words: [(code: String, reason: String)] = [
        ("WRONG_VERSION_NUMBER", "the server does not speak TLS on this port"),
        ("EOF during handshake", "the server closed the connection during the handshake"),
        ("ALERT_CERTIFICATE_REQUIRED", "the server wants a client certificate"),
        ("ALERT_HANDSHAKE_FAILURE", "the server wants a client certificate, or another way to encrypt"),
        ("ALERT_UNKNOWN_CA", "the server does not know who signed the client certificate"),
        ("ALERT_CERTIFICATE_EXPIRED", "the client certificate has ended"),
        ("CERTIFICATE", "the server refuses the client certificate"),
        ("ALERT_PROTOCOL_VERSION", "the server speaks no version of TLS that is safe"),
    ]

    /// The verification tells no more than that it failed.
    private static func distrust(of certificate: NIOSSLCertificate?) -> String {
        guard let certificate else { return "the server's certificate is not trusted" }
        let now = Int(Date().timeIntervalSince1970)
        if certificate.notValidAfter < now {
            return "the server's certificate ended at \(text(certificate.notValidAfter))"
        }
        if certificate.notValidBefore > now {
            return "the server's certificate begins only at \(text(certificate.notValidBefore))"
        }
        return "no authority that is trusted here signed the server's certificate"
    }

    private static func text(_ time: Int) -> String {
        Date(timeIntervalSince1970: TimeInterval(time)).formatted(.iso8601)
    }
}
